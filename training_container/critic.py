"""The critic: hears melody and accompaniment together and says how much they sound like the composer.

It hears *soft* rolls: probabilities of each pitch sounding and beginning, not sampled notes, so that the
generator's gradient passes. A second branch folds the pitches to the twelve classes, where a clash is near.

Axis letters: `B` batch, `C` voices (melody first), `T` steps, `P` pitches.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

SEMITONES_PER_OCTAVE = 12


def fold_to_pitch_classes(sounding: Tensor) -> Tensor:
    """(B, C, T, P) to (B, C, T, 12): octaves added up. Classes count from the grid's lowest pitch."""
    batch, voices, steps, pitches = sounding.shape
    padded = functional.pad(sounding, (0, -pitches % SEMITONES_PER_OCTAVE))
    return padded.view(batch, voices, steps, -1, SEMITONES_PER_OCTAVE).sum(dim=3)


class Critic(nn.Module):
    """Rolls in, one unbounded score per snippet out. No normalization: the penalty is per snippet."""

    def __init__(self, *, n_voices: int, n_pitches: int, n_steps: int, width: int):
        super().__init__()
        widths = [2 * n_voices, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for narrow, wide in pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, kernel_size=4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.rolls = nn.Sequential(*layers, nn.Flatten())
        folded = n_voices * SEMITONES_PER_OCTAVE
        self.classes = nn.Sequential(
            nn.Conv1d(folded, 4 * width, kernel_size=1),
            nn.LeakyReLU(0.2),
            nn.Conv1d(4 * width, 4 * width, kernel_size=4, stride=4),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        n_features = widths[-1] * (n_steps >> 4) * (n_pitches >> 4) + 4 * width * (n_steps // 4)
        self.score = nn.Linear(n_features, 1)

    def forward(self, sounding: Tensor, onsets: Tensor) -> Tensor:
        """sounding, onsets: (B, C, T, P) in 0..1. Returns (B,)."""
        rolls = self.rolls(torch.cat([sounding, onsets], dim=1))
        folded = fold_to_pitch_classes(sounding).permute(0, 1, 3, 2).flatten(1, 2)  # (B, C*12, T)
        score: Tensor = self.score(torch.cat([rolls, self.classes(folded)], dim=1))
        return score.squeeze(1)
