"""Losses as plain functions of tensors: nothing here holds weights or steps an optimizer.

Axis letters: `B` batch, `C` voices with the melody, `V` voices without, `T` steps, `P` pitches, `K` tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def soft_rolls(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (B, V, T, K) as probabilities of each pitch sounding and beginning, each (B, V, T, P).

    A pitch sounds at a step when it begins there, or when it sounded before and the voice holds:
    s[t] = onset[t] + hold[t] * s[t-1], with nothing before the first step.
    """
    probabilities = logits.softmax(dim=-1)
    onsets = probabilities[..., :-2]
    holds = probabilities[..., -2:-1]
    sounding = [onsets[:, :, 0]]
    for step in range(1, logits.shape[2]):
        sounding.append(onsets[:, :, step] + holds[:, :, step] * sounding[-1])
    return torch.stack(sounding, dim=2), onsets


def reconstruction_loss(logits: Tensor, tokens: Tensor) -> Tensor:
    """Cross-entropy in nats per token, (B,): logits (B, V, T, K) against the composer's tokens (B, V, T)."""
    losses = functional.cross_entropy(logits.permute(0, 3, 1, 2), tokens, reduction="none")  # (B, V, T)
    return losses.mean(dim=(1, 2))


def critic_loss(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """WGAN: how much higher generated music scores than real music; the critic lowers it."""
    return score_fake.mean() - score_real.mean()


def adversarial_loss(score_fake: Tensor) -> Tensor:
    """WGAN, the generator's side: raise the score."""
    return -score_fake.mean()


def gradient_penalty(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Mean of (|gradient| - 1)^2 of the critic between real and fake (Gulrajani et al., 2017, eq. 3).

    real, fake: (B, ...); mix: (B,) in 0..1, the share of real in each point. Differentiable in the
    critic's weights.
    """
    share = mix.view(-1, *[1] * (real.dim() - 1))
    between = (share * real.detach() + (1 - share) * fake.detach()).requires_grad_()
    (gradient,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    penalty: Tensor = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


def difference(logits_a: Tensor, logits_b: Tensor) -> Tensor:
    """Total variation between two answers, mean over voices and steps, (B,): 0 the same, 1 nothing shared."""
    return (logits_a.softmax(-1) - logits_b.softmax(-1)).abs().sum(-1).mean(dim=(1, 2)) / 2


def diversity_reward(logits_a: Tensor, logits_b: Tensor, enough: float) -> Tensor:
    """How much two noises' answers differ, no more than `enough` of it rewarded."""
    return difference(logits_a, logits_b).clamp(max=enough).mean()
