from __future__ import annotations

import math

import pytest
import torch

from training_container.losses import (
    adversarial_loss,
    critic_loss,
    difference,
    diversity_reward,
    gradient_penalty,
    reconstruction_loss,
    soft_rolls,
)

SURE = 40.0  # a logit so high that the softmax is one-hot to float32


def certain(*tokens: int, n_tokens: int = 4) -> torch.Tensor:
    """Logits (1, 1, T, K) that leave no doubt."""
    return SURE * torch.nn.functional.one_hot(torch.tensor(tokens), n_tokens).float()[None, None]


def test_held_note_sounds_on_and_rest_ends_it():
    hold, rest = 2, 3

    sounding, onsets = soft_rolls(certain(1, hold, rest, 0, hold))

    assert sounding[0, 0].round().tolist() == [[0, 1], [0, 1], [0, 0], [1, 0], [1, 0]]
    assert onsets[0, 0].round().tolist() == [[0, 1], [0, 0], [0, 0], [1, 0], [0, 0]]


def test_soft_rolls_of_doubt_are_probabilities_by_hand():
    logits = torch.zeros(1, 1, 3, 4)  # each of two onsets, hold and rest a quarter

    sounding, _ = soft_rolls(logits)

    expected = [0.25, 0.25 + 0.25 * 0.25, 0.25 + 0.25 * (0.25 + 0.25 * 0.25)]
    torch.testing.assert_close(sounding[0, 0, :, 0], torch.tensor(expected))


def test_hold_at_the_first_step_holds_nothing():
    sounding, _ = soft_rolls(certain(2, 2))

    assert sounding.max() < 1e-6


def test_reconstruction_loss_is_cross_entropy_per_snippet():
    logits = torch.cat([torch.zeros(1, 1, 2, 4), certain(1, 2)])
    tokens = torch.tensor([[[0, 3]], [[1, 2]]])

    losses = reconstruction_loss(logits, tokens)

    torch.testing.assert_close(losses, torch.tensor([math.log(4), 0.0]))


def test_critic_and_generator_pull_on_the_same_score():
    real, fake = torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0])

    assert critic_loss(real, fake).item() == pytest.approx(-2.5)
    assert adversarial_loss(fake).item() == pytest.approx(-1.5)


def test_gradient_penalty_of_a_linear_critic_by_hand():
    slope = torch.tensor([3.0, 4.0])  # norm 5, so (5 - 1)^2 wherever it is taken

    penalty = gradient_penalty(lambda x: x @ slope, torch.randn(6, 2), torch.randn(6, 2), torch.rand(6))

    assert penalty.item() == pytest.approx(16.0)


def test_gradient_penalty_is_taken_at_the_given_mix():
    real, fake = torch.tensor([[2.0]]), torch.tensor([[0.0]])

    penalty = gradient_penalty(lambda x: x.square().sum(1), real, fake, torch.tensor([0.75]))

    assert penalty.item() == pytest.approx((2 * 1.5 - 1) ** 2)  # at 0.75 * 2; the slope of x^2 is 2x


def test_gradient_penalty_reaches_the_critics_weights():
    weight = torch.tensor([3.0], requires_grad=True)

    gradient_penalty(
        lambda x: (x * weight).sum(1), torch.ones(1, 1), torch.zeros(1, 1), torch.rand(1)
    ).backward()

    assert weight.grad is not None
    assert weight.grad.item() == pytest.approx(2 * (3 - 1))  # d/dw (w - 1)^2


def test_difference_runs_from_nothing_to_all():
    assert difference(certain(0, 1), certain(0, 1)).item() == pytest.approx(0)
    assert difference(certain(0, 1), certain(0, 2)).item() == pytest.approx(0.5)
    assert difference(certain(0, 1), certain(1, 2)).item() == pytest.approx(1)


def test_diversity_reward_is_bounded_per_snippet():
    a, b = torch.cat([certain(0, 1)] * 2), torch.cat([certain(1, 2), certain(0, 1)])

    assert diversity_reward(a, b, enough=0.3).item() == pytest.approx(0.15)  # mean of 0.3 (bounded) and 0
