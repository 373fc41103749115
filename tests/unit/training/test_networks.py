from __future__ import annotations

import pytest
import torch

from tests.unit.training.builders import make_data, small_values
from training_container.batches import to_batch
from training_container.critic import Critic, fold_to_pitch_classes
from training_container.loop import make_critic, make_generator


@pytest.fixture
def batch():
    return to_batch(make_data().training)


@pytest.fixture
def noise(batch):
    return torch.randn(len(batch), 32, 4, generator=torch.Generator().manual_seed(1))


def test_generator_gives_each_voice_and_step_its_tokens(batch, noise):
    logits = make_generator(small_values())(batch.melody, batch.onset, noise)

    assert logits.shape == (len(batch), 3, 32, 50)


def test_noise_changes_the_answer(batch, noise):
    generator = make_generator(small_values())

    apart = generator(batch.melody, batch.onset, noise) - generator(batch.melody, batch.onset, -noise)

    assert apart.abs().max() > 1e-3


def test_every_weight_of_the_generator_takes_part(batch, noise):
    generator = make_generator(small_values())

    generator(batch.melody, batch.onset, noise).square().sum().backward()

    unused = [
        name
        for name, weight in generator.named_parameters()
        if weight.grad is None or not weight.grad.abs().sum() > 0
    ]
    assert unused == []


def test_critic_scores_each_snippet_by_itself(batch):
    critic = make_critic(small_values())

    scores = critic(batch.sounding, batch.onsets)

    assert scores.shape == (len(batch),)
    torch.testing.assert_close(scores[2:3], critic(batch.sounding[2:3], batch.onsets[2:3]))


def test_critic_hears_the_melody_too(batch):
    critic = make_critic(small_values())
    other = batch.sounding.clone()
    other[:, 0] = other[:, 0].roll(1, dims=-1)

    assert (critic(batch.sounding, batch.onsets) - critic(other, batch.onsets)).abs().min() > 0


def test_octaves_fold_to_one_pitch_class():
    sounding = torch.zeros(1, 1, 1, 48)
    sounding[..., [2, 14, 15]] = 1

    classes = fold_to_pitch_classes(sounding)

    assert classes.flatten().tolist() == [0, 0, 2, 1] + [0] * 8


def test_pitches_that_are_no_whole_octaves_fold_too():
    classes = fold_to_pitch_classes(torch.ones(1, 1, 1, 16))

    assert classes.flatten().tolist() == [2] * 4 + [1] * 8


def test_critic_of_other_sizes_scores():
    critic = Critic(n_voices=2, n_pitches=16, n_steps=16, width=4)

    assert critic(torch.zeros(3, 2, 16, 16), torch.zeros(3, 2, 16, 16)).shape == (3,)
