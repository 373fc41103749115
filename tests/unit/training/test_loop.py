from __future__ import annotations

import pytest
import torch

from tests.unit.training.builders import make_data, small_values
from training_container.loop import Trainer, rate_factor


def never() -> bool:
    return False


def stop_after(n_batches: int):
    left = iter([False] * n_batches)
    return lambda: next(left, True)


def flat(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def weights_of(trainer: Trainer) -> torch.Tensor:
    return torch.cat([flat(part) for part in (trainer.generator, trainer.critic, trainer.averaged)])


def train(seed: int = 1, **changed: float) -> Trainer:
    trainer = Trainer(small_values(seed=seed, **changed), make_data().training)
    for _ in range(trainer.values.epochs):
        trainer.train_epoch(never)
    return trainer


def train_whole_epoch(trainer: Trainer) -> dict[str, float]:
    losses = trainer.train_epoch(never)
    assert losses is not None
    return losses


def test_same_seed_trains_the_same_model():
    assert torch.equal(weights_of(train(seed=1)), weights_of(train(seed=1)))


def test_other_seed_trains_another_model():
    assert not torch.equal(weights_of(train(seed=1)), weights_of(train(seed=2)))


def test_training_leaves_the_global_random_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)

    torch.manual_seed(3)
    train()

    assert torch.equal(torch.rand(1), expected)


def test_restored_training_goes_on_as_an_uninterrupted_one():
    """Interrupted within the second epoch, which has the critic; every batch after must be the same."""
    values, snippets = small_values(epochs=3, update_ratio=2), make_data().training
    whole = Trainer(values, snippets)
    losses = [whole.train_epoch(never) for _ in range(3)]

    interrupted = Trainer(values, snippets)
    interrupted.train_epoch(never)
    assert interrupted.train_epoch(stop_after(1)) is None
    resumed = Trainer(values, snippets)
    resumed.restore(interrupted.state())
    resumed_losses = [resumed.train_epoch(never) for _ in range(2)]

    assert resumed_losses == losses[1:]
    assert torch.equal(weights_of(resumed), weights_of(whole))


def test_stop_is_heard_before_the_next_batch():
    trainer = Trainer(small_values(), make_data().training)

    losses = trainer.train_epoch(stop_after(2))

    assert losses is None
    assert (trainer.epoch, trainer.batch, trainer.step) == (0, 2, 2)


def test_generator_does_not_hear_the_critic_while_warming_up():
    snippets = make_data().training
    one, other = (Trainer(small_values(critic_width=width), snippets) for width in (4, 6))
    other.generator.load_state_dict(one.generator.state_dict())

    for trainer in (one, other):
        trainer.train_epoch(never)

    before = torch.equal(flat(one.generator), flat(other.generator))
    for trainer in (one, other):
        trainer.train_epoch(never)
    assert before
    assert not torch.equal(flat(one.generator), flat(other.generator))


def test_last_epoch_always_has_the_critic():
    assert Trainer(small_values(epochs=1, warmup_epochs=9), make_data().training).warmup_epochs == 0


def test_update_ratio_counts_critic_updates():
    trainer = Trainer(small_values(epochs=1, update_ratio=3), make_data().training)

    trainer.train_epoch(stop_after(2))

    assert (trainer.sums.generator_updates, trainer.sums.critic_updates) == (2, 6)


def test_reconstruction_improves_with_training():
    trainer = Trainer(small_values(epochs=12, warmup_epochs=11, learning_rate=5e-3), make_data().training)

    losses = [train_whole_epoch(trainer)["reconstruction_loss"] for _ in range(12)]

    assert losses[-1] < 0.7 * losses[0]


def test_averaged_weights_follow_the_generator():
    trainer = train(epochs=3)

    untrained = Trainer(trainer.values, trainer.snippets)
    assert not torch.equal(flat(trainer.averaged), flat(untrained.averaged))
    assert not torch.equal(flat(trainer.averaged), flat(trainer.generator))


def test_bfloat16_trains_and_keeps_float32_weights():
    trainer = Trainer(small_values(epochs=1), make_data().training, bf16=True)

    losses = train_whole_epoch(trainer)

    assert all(torch.tensor(value).isfinite() for value in losses.values())
    assert {weight.dtype for weight in trainer.averaged.parameters()} == {torch.float32}


@pytest.mark.parametrize(("progress", "factor"), [(0, 1), (0.6, 1), (0.8, 0.55), (1, 0.1)])
def test_learning_rate_falls_by_progress(progress, factor):
    assert rate_factor(progress) == pytest.approx(factor)
