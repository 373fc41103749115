"""How good the music is: `music.measures` over snippets, generated for held-out melodies or composed.

Values are means over snippets of 32 steps, so that a generated set compares with the training set's own.
They are taken on the most likely tokens (creativity 0) of the averaged generator. Axis letters: `N` snippets,
`C` voices (melody first), `V` voices without it, `T` steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from contract.metrics import MetricValue
from music.measures import evaluate, notes_per_bar, silence
from music.piano_roll import to_piano_roll
from music.score import Score, Track
from music.tokens import decode_voice
from training_container.batches import Draw, to_batch, to_tokens, torch_generator
from training_container.dataset import GRID, MELODY_VOICE, SILENT, SNIPPET_STEPS, VOICES, Snippets
from training_container.generator import Generator, noise_steps

STEPS_PER_BAR = 16
N_ANSWERS = 2  # to each melody, so that variety can be told

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
    """Measures that need nothing but the music; those of one voice name it as their track."""
    pitches, onsets = torch.from_numpy(snippets.pitches.astype(np.int64)), torch.from_numpy(snippets.onsets)
    scores = [_to_score(tokens) for tokens in to_tokens(pitches, onsets).numpy()]
    whole = [evaluate(score, MELODY_VOICE) for score in scores]
    values = [
        MetricValue(name=name, value=float(np.mean([each[name] for each in whole]))) for name in whole[0]
    ]
    for index, voice in enumerate(VOICES[1:], start=1):
        values += _evaluate_voice([score.tracks[index] for score in scores], voice)
    return values


def _to_score(tokens: npt.NDArray[np.int64]) -> Score:
    """A snippet (C, T) as a score, so that the measures that everyone uses can be taken on it."""
    voices = zip(VOICES, tokens, strict=True)
    return Score(tuple(Track(voice, decode_voice(row, GRID)) for voice, row in voices))


def _evaluate_voice(tracks: list[Track], voice: str) -> list[MetricValue]:
    notes = [notes_per_bar(track.notes, SNIPPET_STEPS, STEPS_PER_BAR) for track in tracks]
    rolls = [to_piano_roll(Score((track,)), SNIPPET_STEPS)[:, :, 0] for track in tracks]
    return [
        MetricValue(name="notes_per_bar", value=float(np.mean(notes)), track=voice),
        MetricValue(name="silence", value=float(np.mean([silence(roll) for roll in rolls])), track=voice),
    ]
