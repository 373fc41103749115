"""How good the music is: named measures over snippets, generated for held-out melodies or composed.

Measures here run over all snippets at once. They are taken on the most likely tokens (creativity 0) of the
averaged generator. Axis letters: `N` snippets, `C` voices (melody first), `V` voices without it, `T` steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from contract.metrics import SCALE_CONSISTENCY, SEMITONE_CLASH, MetricValue
from training_container.batches import Draw, to_batch, torch_generator
from training_container.dataset import ACCOMPANIMENT_VOICES, GRID, SILENT, SNIPPET_STEPS, Snippets
from training_container.generator import Generator, noise_steps

STEPS_PER_BAR = 16
SUSTAINED_STEPS = 2  # a note of an eighth or more
N_ANSWERS = 2  # to each melody, so that variety can be told
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)  # minor is harmonic: Bach's leading note
_SCALES = np.array(
    [
        [(pitch - root) % 12 in scale for pitch in range(12)]
        for scale in (_MAJOR, _MINOR)
        for root in range(12)
    ]
)  # (24, 12)

Pitches = npt.NDArray[np.int16]


def choose_evenly(snippets: Snippets, most: int) -> Snippets:
    """At most `most` snippets, evenly spaced: the same ones every time."""
    n = min(most, len(snippets))
    return snippets.take(np.linspace(0, len(snippets) - 1, n).astype(np.intp))


def evaluate_generator(generator: Generator, held_out: Snippets, noise_channels: int) -> list[MetricValue]:
    """Measures of the generator's answers to held-out melodies, with variety and agreement."""
    answers = [generate(generator, held_out, noise_channels, which) for which in range(N_ANSWERS)]
    first, second = (answer.pitches[:, 1:] for answer in answers)
    composed = held_out.pitches[:, 1:]
    return [
        *evaluate_snippets(answers[0]),
        MetricValue(name="variety", value=float((first != second).mean())),
        MetricValue(name="agreement", value=float((first == composed).mean())),
    ]


def generate(generator: Generator, snippets: Snippets, noise_channels: int, which: int) -> Snippets:
    """The melodies of the snippets with the generator's accompaniment in place of the composer's.

    `which` picks the noise: the same number always gives the same.
    """
    batch = to_batch(snippets)
    source = torch_generator(0, Draw.EVALUATION, which)
    noise = torch.randn(len(batch), noise_channels, noise_steps(SNIPPET_STEPS), generator=source)
    with torch.no_grad():
        tokens = generator(batch.melody, batch.onset, noise).argmax(dim=-1).numpy()  # (N, V, T)
    pitches, onsets = to_rolls(tokens)
    return Snippets(
        np.concatenate([snippets.pitches[:, :1], pitches], axis=1),
        np.concatenate([snippets.onsets[:, :1], onsets], axis=1),
    )


def to_rolls(tokens: npt.NDArray[np.int64]) -> tuple[Pitches, npt.NDArray[np.bool_]]:
    """Tokens (N, V, T) as sounding pitches and onsets; a hold with nothing to hold is a rest."""
    onsets = tokens < GRID.hold
    pitches = np.empty(tokens.shape, dtype=np.int16)
    sounding = np.full(tokens.shape[:2], SILENT)
    for step in range(tokens.shape[2]):
        token = tokens[:, :, step]
        sounding = np.where(onsets[:, :, step], token, np.where(token == GRID.rest, SILENT, sounding))
        pitches[:, :, step] = sounding
    return pitches, onsets


def evaluate_snippets(snippets: Snippets) -> list[MetricValue]:
    """Measures that need nothing but the music, the accompaniment's also per voice."""
    values = [
        MetricValue(name=SEMITONE_CLASH, value=semitone_clash(snippets.pitches)),
        MetricValue(name=SCALE_CONSISTENCY, value=scale_consistency(snippets.pitches)),
        MetricValue(name="sustained_notes", value=sustained_notes(snippets.pitches, snippets.onsets)),
    ]
    return values + _per_voice(snippets, ACCOMPANIMENT_VOICES)


def _per_voice(snippets: Snippets, voices: Sequence[str]) -> list[MetricValue]:
    bars = snippets.pitches.shape[2] / STEPS_PER_BAR
    values = []
    for index, voice in enumerate(voices, start=1):
        notes = float(snippets.onsets[:, index].sum(axis=1).mean()) / bars
        silence = float((snippets.pitches[:, index] == SILENT).mean())
        values.append(MetricValue(name="notes_per_bar", value=notes, track=voice))
        values.append(MetricValue(name="silence", value=silence, track=voice))
    return values


def semitone_clash(pitches: Pitches) -> float:
    """Share of the steps with two voices or more at which some two are a semitone apart, octaves aside.

    pitches: (N, C, T). 0 when no two voices ever sound together. Lower is smoother; Bach's is not 0.
    """
    clashing = np.zeros(pitches.shape[::2], dtype=np.bool_)  # (N, T)
    together = np.zeros_like(clashing)
    for lower in range(pitches.shape[1]):
        for upper in range(lower + 1, pitches.shape[1]):
            both = (pitches[:, lower] != SILENT) & (pitches[:, upper] != SILENT)
            together |= both
            clashing |= both & np.isin((pitches[:, lower] - pitches[:, upper]) % 12, (1, 11))
    return float(clashing.sum() / max(1, together.sum()))


def scale_consistency(pitches: Pitches) -> float:
    """Share of sounding steps in the best of the 24 major and harmonic minor scales, mean over snippets.

    pitches: (N, C, T). Snippets in which nothing sounds do not count; 1 when none is left.
    """
    classes = np.stack(
        [((pitches != SILENT) & (pitches % 12 == i)).sum(axis=(1, 2)) for i in range(12)], axis=1
    )
    sounding = classes.sum(axis=1)
    shares = (classes @ _SCALES.T).max(axis=1)[sounding > 0] / sounding[sounding > 0]
    return float(shares.mean()) if len(shares) else 1.0


def sustained_notes(pitches: Pitches, onsets: npt.NDArray[np.bool_]) -> float:
    """Share of the accompaniment's notes that last an eighth or more, of those whose end can be told.

    Notes that begin at a window's last step are left out. 0 without notes.
    """
    begins = onsets[:, 1:, :-1]
    goes_on = (pitches[:, 1:, 1:] != SILENT) & ~onsets[:, 1:, 1:]
    return float((begins & goes_on).sum() / max(1, begins.sum()))
