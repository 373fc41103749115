"""Snippets as the tensors that the networks take, and the order in which an epoch visits them.

Every draw depends only on the seed and the place in the training, never on what was drawn before: a
resumed training needs no generator's state to go on with the very same batches.

Axis letters: `B` batch, `C` voices (melody first), `V` voices without it, `T` steps, `P` pitches.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from training_container.dataset import GRID, SILENT, Snippets, transpose


class Draw(IntEnum):
    """What random numbers are for; each purpose has a stream of its own."""

    ORDER = 0
    TRANSPOSITION = 1
    NOISE = 2
    MIX = 3
    WEIGHTS = 4
    EVALUATION = 5


def seed_for(seed: int, draw: Draw, *place: int) -> int:
    """A 63-bit seed that depends on all its arguments."""
    words = np.random.SeedSequence([seed, draw, *place]).generate_state(2, np.uint32)
    return (int(words[0]) << 31) | (int(words[1]) >> 1)


def torch_generator(seed: int, draw: Draw, *place: int) -> torch.Generator:
    """A fresh generator for one purpose at one place."""
    return torch.Generator().manual_seed(seed_for(seed, draw, *place))


@dataclass(frozen=True, slots=True)
class Batch:
    """melody (B, P, T), onset (B, 1, T), tokens (B, V, T) int64, sounding and onsets (B, C, T, P)."""

    melody: Tensor
    onset: Tensor
    tokens: Tensor
    sounding: Tensor
    onsets: Tensor

    def __len__(self) -> int:
        return len(self.melody)


def to_batch(snippets: Snippets) -> Batch:
    """Snippets as float32 one-hot rolls and token targets."""
    pitches = torch.from_numpy(snippets.pitches.astype(np.int64))  # (B, C, T)
    begins = torch.from_numpy(snippets.onsets)
    one_hot = torch.nn.functional.one_hot(pitches + 1, GRID.n_pitches + 1)  # index 0 is silence
    sounding = one_hot[..., 1:].float()  # (B, C, T, P)
    onsets = sounding * begins.unsqueeze(-1)
    return Batch(
        melody=sounding[:, 0].transpose(1, 2).contiguous(),
        onset=begins[:, :1].float(),
        tokens=to_tokens(pitches, begins)[:, 1:],
        sounding=sounding,
        onsets=onsets,
    )


def to_tokens(pitches: Tensor, begins: Tensor) -> Tensor:
    """Pitch indices and onsets, both (B, C, T), as tokens: onset, hold or rest."""
    held = torch.where(pitches == SILENT, GRID.rest, GRID.hold)
    return torch.where(begins, pitches, held)


def epoch_order(n_snippets: int, seed: int, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The order in which an epoch visits every snippet once."""
    return np.random.default_rng([seed, Draw.ORDER, epoch]).permutation(n_snippets)


def transposed(snippets: Snippets, most: int, seed: int, step: int) -> Snippets:
    """Each snippet moved by up to `most` semitones either way, drawn for this step of the training."""
    rng = np.random.default_rng([seed, Draw.TRANSPOSITION, step])
    return transpose(snippets, rng.integers(-most, most, len(snippets), dtype=np.int16, endpoint=True))
