"""Measures of music: how voices fit together, and what each of them does.

Every function is plain: a score, a roll or notes in, one number out, and a stated value for music with
nothing in it. Drums have no harmony and are left out of `evaluate`. Rolls are `music.piano_roll`'s; axis
letters as there: `T` steps, `P` pitches, `C` tracks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from music.piano_roll import PianoRoll, to_piano_roll
from music.score import N_PITCHES, STEPS_PER_BEAT, InvalidMusic, Note, Score

SUSTAINED_STEPS = 2  # an eighth

_PITCH_CLASSES = 12
_OCTAVES = 11  # the last one is cut at pitch 127
_MAJOR, _HARMONIC_MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)
_SCALES = np.array(
    [
        [(pitch_class - root) % _PITCH_CLASSES in scale for pitch_class in range(_PITCH_CLASSES)]
        for scale in (_MAJOR, _HARMONIC_MINOR)
        for root in range(_PITCH_CLASSES)
    ],
    dtype=np.int64,
)  # (24, 12)


def evaluate(score: Score, melody_track: str) -> dict[str, float]:
    """The measures of a whole score, by name. Raises `InvalidMusic` when no track has the melody's name."""
    pitched = _pitched(score)
    roll = to_piano_roll(pitched)
    melody = _index_of(pitched, melody_track)
    accompaniment = [track for index, track in enumerate(pitched.tracks) if index != melody]
    return {
        "semitone_clash": semitone_clash(roll),
        "melody_clash": melody_clash(roll[:, :, melody], np.delete(roll, melody, axis=2)),
        "scale_consistency": scale_consistency(roll),
        "voice_crossing": voice_crossing(roll),
        "sustained_notes": sustained_notes([note for track in accompaniment for note in track.notes]),
    }


def evaluate_tracks(score: Score) -> dict[str, dict[str, float]]:
    """The measures of each track that is not drums, by track name and measure name."""
    pitched = _pitched(score)
    roll = to_piano_roll(pitched)
    steps_per_bar = score.beats_per_bar * STEPS_PER_BEAT
    return {
        track.name: {
            "empty_bars": empty_bars(roll[:, :, index], steps_per_bar),
            "silence": silence(roll[:, :, index]),
            "notes_per_bar": notes_per_bar(track.notes, len(roll), steps_per_bar),
            "mean_note_steps": mean_note_steps(track.notes),
            "sustained_notes": sustained_notes(track.notes),
            "polyphony": polyphony(roll[:, :, index]),
            "pitch_classes_per_bar": pitch_classes_per_bar(roll[:, :, index], steps_per_bar),
        }
        for index, track in enumerate(pitched.tracks)
    }


# How voices fit together


def semitone_clash(roll: PianoRoll) -> float:
    """Share of the steps with two notes or more at which any two stand a semitone apart, octaves aside.

    All voices count, not the melody alone: that is what tells another song's accompaniment (0.35 over 32-step
    windows) from Bach's own (0.07). Lower is smoother; suspensions keep a good composer above 0.

    roll: (T, P, C) or (T, P). Result: 0 to 1; 0 when two notes never sound together.
    """
    together = roll.sum(axis=tuple(range(1, roll.ndim))) >= 2  # (T,)
    classes = _pitch_class_roll(roll)
    clashing = (classes & np.roll(classes, 1, axis=1)).any(axis=1)
    return _share(int((clashing & together).sum()), int(together.sum()))


def melody_clash(melody: PianoRoll, accompaniment: PianoRoll) -> float:
    """Share of the steps at which both sound where the accompaniment has a note a semitone from the melody's.

    Octaves aside, as in `semitone_clash`. Bach's own accompaniments have 0.034, another song's 0.34.

    melody: (T, P). accompaniment: (T, P, C) or (T, P). Result: 0 to 1; 0 when they never sound together.
    """
    tune, others = _pitch_class_roll(melody), _pitch_class_roll(accompaniment)
    both = tune.any(axis=1) & others.any(axis=1)
    near = np.roll(others, 1, axis=1) | np.roll(others, -1, axis=1)
    return _share(int((tune & near).any(axis=1).sum()), int(both.sum()))


def scale_consistency(roll: PianoRoll) -> float:
    """Share of the sounding time that lies in the scale that fits best, of 24.

    After Mogren 2016 (C-RNN-GAN, section 4), who counts tones: here a note counts once per step, and the
    minor scales are harmonic, for Bach's leading notes. It falls with length, because pieces modulate:
    compare windows of one length only. Bach has 0.961 over 32 steps.

    roll: (T, P, C) or (T, P). Result: 7/12 or more in practice, at most 1; 1 when nothing sounds.
    """
    per_pitch = roll.sum(axis=(0, *range(2, roll.ndim)))  # (P,)
    classes = np.bincount(np.arange(N_PITCHES) % _PITCH_CLASSES, weights=per_pitch, minlength=_PITCH_CLASSES)
    total = classes.sum()
    return float((_SCALES @ classes).max() / total) if total else 1.0


def voice_crossing(roll: PianoRoll) -> float:
    """Share of the steps at which neighbouring tracks both sound where the later one lies higher.

    Tracks are taken in order from the highest voice to the lowest, each by its highest note; the pairs of
    neighbours are counted together.

    roll: (T, P, C). Result: 0 to 1; 0 when no neighbours sound together.
    """
    sounds = np.asarray(roll.any(axis=1))  # (T, C)
    highest = N_PITCHES - 1 - roll[:, ::-1].argmax(axis=1)  # (T, C), meaningless where nothing sounds
    both = sounds[:, :-1] & sounds[:, 1:]
    crossed = both & (highest[:, 1:] > highest[:, :-1])
    return _share(int(crossed.sum()), int(both.sum()))


# What one voice does


def empty_bars(roll: PianoRoll, steps_per_bar: int) -> float:
    """Share of bars in which nothing sounds (Dong et al. 2018, MuseGAN, section 6.1: EB).

    roll: (T, P); bars begin at step 0, a last bar may be short. Result: 0 to 1; 0 without a bar.
    """
    bars = _bars(roll, steps_per_bar)
    return _share(int((~bars.any(axis=1)).sum()), len(bars))


def silence(roll: PianoRoll) -> float:
    """Share of steps at which nothing sounds. roll: (T, P). Result: 0 to 1; 0 without a step."""
    return _share(int((~roll.any(axis=1)).sum()), len(roll))


def notes_per_bar(notes: Sequence[Note], n_steps: int, steps_per_bar: int) -> float:
    """Notes that begin, per bar of the score; a short last bar counts as its share. 0 without a step."""
    return len(notes) * steps_per_bar / n_steps if n_steps else 0.0


def mean_note_steps(notes: Sequence[Note]) -> float:
    """Mean duration of the notes in steps; 0 without notes."""
    return sum(note.duration for note in notes) / len(notes) if notes else 0.0


def sustained_notes(notes: Sequence[Note]) -> float:
    """Share of the notes that last an eighth (`SUSTAINED_STEPS`) or more; 0 without notes.

    Akin to MuseGAN's qualified notes, whose limit is a 32nd.
    """
    return _share(sum(note.duration >= SUSTAINED_STEPS for note in notes), len(notes))


def polyphony(roll: PianoRoll) -> float:
    """Mean number of pitches that sound at once, over the steps at which any does; 0 in silence.

    roll: (T, P). Result: 1 for a monophonic voice.
    """
    pitches = roll.sum(axis=1)  # (T,)
    return _share(int(pitches.sum()), int((pitches > 0).sum()))


def pitch_classes_per_bar(roll: PianoRoll, steps_per_bar: int) -> float:
    """Mean number of different pitch classes per bar, empty bars included (MuseGAN's UPC); 0 without a bar.

    roll: (T, P); bars as in `empty_bars`. Result: 0 to 12.
    """
    bars = _bars(roll, steps_per_bar)
    return _share(int(_pitch_class_roll(bars).sum()), len(bars))


def _pitched(score: Score) -> Score:
    return Score(
        tuple(track for track in score.tracks if not track.is_drum), score.tempo_bpm, score.beats_per_bar
    )


def _index_of(score: Score, name: str) -> int:
    names = [track.name for track in score.tracks]
    if name not in names:
        raise InvalidMusic(f"there is no track named {name!r} to measure as the melody")
    return names.index(name)


def _pitch_class_roll(roll: PianoRoll) -> PianoRoll:
    """Which pitch classes sound, (T, 12), from (T, P, C) or (T, P)."""
    pitches = roll.any(axis=2) if roll.ndim == 3 else roll
    octaves = np.zeros((len(roll), _OCTAVES * _PITCH_CLASSES), dtype=np.bool_)
    octaves[:, :N_PITCHES] = pitches
    return np.asarray(octaves.reshape(len(roll), _OCTAVES, _PITCH_CLASSES).any(axis=1))  # (T, 12)


def _bars(roll: PianoRoll, steps_per_bar: int) -> PianoRoll:
    """Which pitches sound in each bar, (bars, P), from (T, P)."""
    n_bars = -(-len(roll) // steps_per_bar)
    padded = np.zeros((n_bars * steps_per_bar, roll.shape[1]), dtype=np.bool_)
    padded[: len(roll)] = roll
    return np.asarray(padded.reshape(n_bars, steps_per_bar, roll.shape[1]).any(axis=1))  # (bars, P)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
