"""The key of a notated piece: its signature as encoded, or the better of what its ending and notes say.

Many chorale tunes are modal, and are notated with a signature that is not their key's: a piece that ends on
D with no signature is encoded as A minor. The tonal readings here are for filtering, not for analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.musicxml import NotatedScore

MAJOR, MINOR = "major", "minor"

_NAMES = {
    MAJOR: ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    MINOR: ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
# Krumhansl and Kessler 1982: how well each pitch class fits a key, from the tonic upwards.
_PROFILES = {
    MAJOR: np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]),
    MINOR: np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17]),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic's pitch class and a mode, `major` or `minor`."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        return f"{_NAMES[self.mode][self.tonic]} {self.mode}"


def find_key(score: NotatedScore) -> Key:
    """The encoded key where the last bass note is its tonic.

    Otherwise, of that key and the major and minor key on the last bass note, the one whose profile correlates
    best with how long each pitch class sounds.
    """
    encoded = _encoded_key(score)
    final = score.parts[-1].notes[-1].pitch % 12
    if final == encoded.tonic:
        return encoded
    weights = _pitch_class_weights(score)
    candidates = (encoded, Key(final, MAJOR), Key(final, MINOR))
    return max(candidates, key=lambda key: _correlation(key, weights))


def _encoded_key(score: NotatedScore) -> Key:
    is_minor = score.mode == MINOR
    tonic = (7 * score.fifths + (9 if is_minor else 0)) % 12
    return Key(tonic, MINOR if is_minor else MAJOR)


def _pitch_class_weights(score: NotatedScore) -> npt.NDArray[np.float64]:
    weights = np.zeros(12)
    for part in score.parts:
        for note in part.notes:
            weights[note.pitch % 12] += note.duration
    return weights


def _correlation(key: Key, weights: npt.NDArray[np.float64]) -> float:
    return float(np.corrcoef(np.roll(_PROFILES[key.mode], key.tonic), weights)[0, 1])
