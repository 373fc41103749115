"""A MIDI that lets progress be heard: the same held-out melody with the model's accompaniment of today."""

from __future__ import annotations

import numpy as np
import torch

from music.midi import write_midi
from music.score import Note, Score, Track
from music.tokens import decode_voice
from training_container.batches import Draw, to_batch, torch_generator
from training_container.dataset import GRID, SNIPPET_STEPS, Piece, cut_snippets
from training_container.generator import Generator, noise_steps

MOST_SNIPPETS = 4  # eight bars


def write_sample(generator: Generator, piece: Piece, noise_channels: int) -> bytes:
    """The opening of the piece's melody, untouched, and an accompaniment written snippet after snippet."""
    snippets = cut_snippets([piece], hop_steps=SNIPPET_STEPS)
    batch = to_batch(snippets.take(np.arange(min(MOST_SNIPPETS, len(snippets)))))
    source = torch_generator(0, Draw.EVALUATION, 0)
    noise = torch.randn(1, noise_channels, noise_steps(SNIPPET_STEPS), generator=source)
    with torch.no_grad():
        logits = generator(batch.melody, batch.onset, noise.expand(len(batch), -1, -1))
    tokens = np.concatenate(list(logits.argmax(dim=-1).numpy()), axis=1)  # (V, steps)
    melody, *others = piece.voices
    played = Track(melody.name, _until(melody.notes, tokens.shape[1]), melody.program)
    accompaniment = [
        Track(voice.name, decode_voice(row, GRID), voice.program)
        for voice, row in zip(others, tokens, strict=True)
    ]
    return write_midi(Score((played, *accompaniment)))


def _until(notes: tuple[Note, ...], n_steps: int) -> tuple[Note, ...]:
    """The notes that begin before the end, cut there."""
    return tuple(
        Note(note.onset, note.pitch, min(note.end, n_steps) - note.onset, note.velocity)
        for note in notes
        if note.onset < n_steps
    )
