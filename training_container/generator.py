"""The generator: a U-Net over time that hears a melody and gives each accompanying voice its tokens.

Pitches are channels, so the convolutions run along time alone; on two cores that is three times as fast
as a two-dimensional U-Net and agreed with Bach more often. Noise joins at the bottleneck: it is what makes
two answers to one melody differ.

Axis letters: `B` batch, `V` accompanying voices, `T` steps, `P` pitches, `K` tokens, `W` width.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

N_HALVINGS = 3
POSITION_CHANNELS = 8
GROUPS = 4


def noise_steps(n_steps: int) -> int:
    """Length of the noise, which is the bottleneck's: time halved three times."""
    return n_steps >> N_HALVINGS


def _block(
    in_channels: int, out_channels: int, convolution: type[nn.Conv1d | nn.ConvTranspose1d]
) -> nn.Module:
    """A convolution that halves or doubles time, normalized."""
    return nn.Sequential(
        convolution(in_channels, out_channels, kernel_size=4, stride=2, padding=1),
        nn.GroupNorm(GROUPS, out_channels),
        nn.LeakyReLU(0.2),
    )


class Generator(nn.Module):
    """Melody, onsets and noise in; logits of the accompanying voices out."""

    def __init__(self, *, n_pitches: int, n_tokens: int, n_voices: int, n_steps: int, width: int, noise: int):
        super().__init__()
        self.n_voices, self.n_tokens = n_voices, n_tokens
        self.position = nn.Parameter(torch.randn(1, POSITION_CHANNELS, n_steps) * 0.1)
        self.entrance = nn.Sequential(
            nn.Conv1d(n_pitches + 1 + POSITION_CHANNELS, width, kernel_size=3, padding=1),
            nn.LeakyReLU(0.2),
        )
        widths = [width, width, 2 * width, 2 * width]
        self.encoder = nn.ModuleList(_block(narrow, wide, nn.Conv1d) for narrow, wide in pairwise(widths))
        self.bottleneck = nn.Sequential(
            nn.Conv1d(widths[-1] + noise, widths[-1], kernel_size=3, padding=1),
            nn.GroupNorm(GROUPS, widths[-1]),
            nn.LeakyReLU(0.2),
        )
        doubled = [1, 2, 2]  # the first decoder has no skip beside it: that is the bottleneck
        self.decoder = nn.ModuleList(
            _block(wide * skip, narrow, nn.ConvTranspose1d)
            for wide, narrow, skip in zip(widths[:0:-1], widths[-2::-1], doubled, strict=True)
        )
        self.exit = nn.Sequential(
            nn.Conv1d(2 * width, width, kernel_size=3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, n_voices * n_tokens, kernel_size=1),
        )

    def forward(self, melody: Tensor, onset: Tensor, noise: Tensor) -> Tensor:
        """melody (B, P, T), onset (B, 1, T) in 0..1, noise (B, noise, T/8) standard normal; (B, V, T, K)."""
        position = self.position.expand(melody.shape[0], -1, -1)
        hidden = self.entrance(torch.cat([melody, onset, position], dim=1))  # (B, W, T)
        skips = [hidden]
        for halve in self.encoder:
            hidden = halve(hidden)
            skips.append(hidden)
        hidden = self.bottleneck(torch.cat([skips.pop(), noise], dim=1))  # (B, 2W, T/8)
        for double in self.decoder:
            hidden = torch.cat([double(hidden), skips.pop()], dim=1)
        logits: Tensor = self.exit(hidden)  # (B, V*K, T)
        batch, _, steps = logits.shape
        return logits.view(batch, self.n_voices, self.n_tokens, steps).permute(0, 1, 3, 2)  # (B, V, T, K)
