"""The training loop: one generator, one critic, and the place in the training.

A place is an epoch and a batch within it. Everything that decides the next update is in `Trainer.state`
(weights, averages, both optimizers, the place, the sums of the running epoch); random numbers depend on
the seed and the place alone. So a restored trainer goes on exactly as an uninterrupted one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from contract.hyperparameters import UnetGanHyperparameters
from training_container.batches import (
    Batch,
    Draw,
    epoch_order,
    seed_for,
    to_batch,
    torch_generator,
    transposed,
)
from training_container.critic import Critic
from training_container.dataset import ACCOMPANIMENT_VOICES, GRID, SNIPPET_STEPS, VOICES, Snippets
from training_container.generator import Generator, noise_steps
from training_container.losses import (
    adversarial_loss,
    critic_loss,
    diversity_reward,
    gradient_penalty,
    reconstruction_loss,
    soft_rolls,
)
from training_container.optimizer import Adam

PENALTY_EVERY = 4  # critic updates; the penalty then weighs four times as much
WARMUP_CRITIC_EVERY = 4  # during warm-up the critic learns too, but seldom
ENOUGH_DIFFERENCE = 0.3  # total variation between two answers past which no more is rewarded
AVERAGING = 0.998  # of the generator's weights; what is evaluated and exported
STEADY_SHARE = 0.6  # of the training, after which the learning rate falls
FINAL_RATE = 0.1  # of the learning rate, at the end

State = dict[str, object]


def rate_factor(progress: float) -> float:
    """What the learning rate is multiplied by at `progress` (0..1): 1, then falling straight to a tenth."""
    fallen = max(0.0, progress - STEADY_SHARE) / (1 - STEADY_SHARE)
    return 1 - (1 - FINAL_RATE) * fallen


@dataclass(slots=True)
class LossSums:
    """Sums over the batches of the running epoch."""

    generator: float = 0.0
    reconstruction: float = 0.0
    generator_updates: int = 0
    critic: float = 0.0
    critic_updates: int = 0

    def means(self) -> dict[str, float]:
        """Mean per update, by the name that it has among the metrics."""
        updates = max(1, self.generator_updates)
        return {
            "generator_loss": self.generator / updates,
            "critic_loss": self.critic / max(1, self.critic_updates),
            "reconstruction_loss": self.reconstruction / updates,
        }


class Trainer:
    """Trains on snippets, an epoch at a time, and can stop after any batch."""

    def __init__(self, values: UnetGanHyperparameters, snippets: Snippets, *, bf16: bool = False):
        """`bf16` computes the networks in bfloat16; weights, losses and averages stay in float32."""
        self.values, self.snippets, self.bf16 = values, snippets, bf16
        self.batches = -(-len(snippets) // values.batch_size)
        self.epoch, self.batch = 0, 0  # epochs finished, batches finished of the next one
        self.sums = LossSums()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(values.seed, Draw.WEIGHTS))
            self.generator, self.critic = make_generator(values), make_critic(values)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.generator_optimizer = _adam(self.generator, values)
        self.critic_optimizer = _adam(self.critic, values)

    @property
    def warmup_epochs(self) -> int:
        """Epochs in which the generator does not hear the critic; the last epoch always does."""
        return min(self.values.warmup_epochs, self.values.epochs - 1)

    @property
    def step(self) -> int:
        """Batches finished since the training began."""
        return self.epoch * self.batches + self.batch

    def train_epoch(self, should_stop: Callable[[], bool]) -> dict[str, float] | None:
        """Go on to the end of the epoch; its mean losses, or none when told to stop before."""
        order = epoch_order(len(self.snippets), self.values.seed, self.epoch)
        size = self.values.batch_size
        while self.batch < self.batches:
            if should_stop():
                return None
            chosen = self.snippets.take(order[self.batch * size : (self.batch + 1) * size])
            self._train_batch(chosen)
            self.batch += 1
        losses, self.sums = self.sums.means(), LossSums()
        self.epoch, self.batch = self.epoch + 1, 0
        return losses

    def _train_batch(self, chosen: Snippets) -> None:
        values = self.values
        batch = to_batch(transposed(chosen, values.transposition_semitones, values.seed, self.step))
        factor = rate_factor(self.step / (values.epochs * self.batches))
        for optimizer in (self.generator_optimizer, self.critic_optimizer):
            optimizer.rate = values.learning_rate * factor
        warming_up = self.epoch < self.warmup_epochs
        if not warming_up or self.step % WARMUP_CRITIC_EVERY == 0:
            for update in range(1 if warming_up else values.update_ratio):
                self._update_critic(batch, update)
        self._update_generator(batch, adversarial=not warming_up)
        self._average()

    def _update_critic(self, batch: Batch, update: int) -> None:
        noise = self._noise(len(batch), Draw.NOISE, 1000 + update)
        with torch.no_grad():
            fake = _as_heard(batch, self._answer(batch, noise))
        real = _as_music(batch.sounding, batch.onsets)
        loss = critic_loss(self._score(real), self._score(fake))
        self.sums.critic += loss.item()
        if self.values.gradient_penalty > 0 and self.sums.critic_updates % PENALTY_EVERY == 0:
            mix = torch.rand(len(batch), generator=self._generator(Draw.MIX, update))
            penalty = gradient_penalty(self._score, real, fake, mix)
            loss = loss + PENALTY_EVERY * self.values.gradient_penalty * penalty
        self.sums.critic_updates += 1
        self.critic_optimizer.clear_gradients()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        self.critic_optimizer.step()

    def _update_generator(self, batch: Batch, *, adversarial: bool) -> None:
        best, other = self._choose_noises(batch)
        logits = self._answer(batch, best)
        reconstruction = reconstruction_loss(logits, batch.tokens).mean()
        loss = self.values.reconstruction_weight * reconstruction
        if self.values.diversity_weight > 0:
            answer = self._answer(batch, other)
            reward = diversity_reward(logits, answer, ENOUGH_DIFFERENCE)
            loss = loss - self.values.diversity_weight * reward
        if adversarial:
            self.critic.requires_grad_(False)
            loss = loss + adversarial_loss(self._score(_as_heard(batch, logits)))
        self.generator_optimizer.clear_gradients()
        loss.backward()  # type: ignore[no-untyped-call]  # as above
        self.generator_optimizer.step()
        self.critic.requires_grad_(True)
        self.sums.generator += loss.item()
        self.sums.reconstruction += reconstruction.item()
        self.sums.generator_updates += 1

    def _choose_noises(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Per snippet, of the candidates, the one nearest to what the composer wrote, and another one.

        Only the best is held against the composer's notes, so that the others stay free to differ.
        """
        candidates = [self._noise(len(batch), Draw.NOISE, k) for k in range(self.values.noise_candidates)]
        other = self._noise(len(batch), Draw.NOISE, self.values.noise_candidates)
        if len(candidates) == 1:
            return candidates[0], other
        with torch.no_grad():
            losses = [reconstruction_loss(self._answer(batch, noise), batch.tokens) for noise in candidates]
        best = torch.stack(losses).argmin(dim=0)  # (B,)
        return torch.stack(candidates)[best, torch.arange(len(batch))], other

    def _noise(self, n: int, draw: Draw, which: int) -> Tensor:
        shape = (n, self.values.noise_channels, noise_steps(SNIPPET_STEPS))
        return torch.randn(shape, generator=self._generator(draw, which))

    def _generator(self, draw: Draw, which: int) -> torch.Generator:
        return torch_generator(self.values.seed, draw, self.step, which)

    def _answer(self, batch: Batch, noise: Tensor) -> Tensor:
        """The generator's logits for a batch of melodies, (B, V, T, K)."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            logits: Tensor = self.generator(batch.melody, batch.onset, noise)
        return logits.float()

    def _score(self, music: Tensor) -> Tensor:
        """The critic's scores of both rolls in one tensor, (B,)."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            score: Tensor = self.critic(*music.chunk(2, dim=1))
        return score.float()

    def _average(self) -> None:
        """Move the averaged weights towards the generator's; faster at first, where they are still far."""
        keep = min(AVERAGING, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, weight in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(weight, 1 - keep)

    def state(self) -> State:
        """Everything that decides what comes next, as tensors and plain values."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "sums": [getattr(self.sums, name) for name in LossSums.__slots__],
        } | {name: part.state_dict() for name, part in self._parts().items()}

    def restore(self, state: State) -> None:
        """The inverse of `state`, for a trainer made with the same values and snippets."""
        epoch, batch, sums = state["epoch"], state["batch"], state["sums"]
        assert isinstance(epoch, int)
        assert isinstance(batch, int)
        assert isinstance(sums, list)
        self.epoch, self.batch, self.sums = epoch, batch, LossSums(*sums)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])  # type: ignore[arg-type]  # checked by torch itself

    def _parts(self) -> dict[str, torch.nn.Module | Adam]:
        return {
            "generator": self.generator,
            "critic": self.critic,
            "averaged": self.averaged,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
        }


def make_generator(values: UnetGanHyperparameters) -> Generator:
    return Generator(
        n_pitches=GRID.n_pitches,
        n_tokens=GRID.n_tokens,
        n_voices=len(ACCOMPANIMENT_VOICES),
        n_steps=SNIPPET_STEPS,
        width=values.generator_width,
        noise=values.noise_channels,
    )


def make_critic(values: UnetGanHyperparameters) -> Critic:
    return Critic(
        n_voices=len(VOICES), n_pitches=GRID.n_pitches, n_steps=SNIPPET_STEPS, width=values.critic_width
    )


def _adam(module: torch.nn.Module, values: UnetGanHyperparameters) -> Adam:
    return Adam(module.parameters(), values.learning_rate, betas=(0.5, 0.9))


def _as_music(sounding: Tensor, onsets: Tensor) -> Tensor:
    """Both rolls of all voices as one tensor, (B, 2C, T, P), which is what the penalty is taken on."""
    return torch.cat([sounding, onsets], dim=1)


def _as_heard(batch: Batch, logits: Tensor) -> Tensor:
    """The generator's answer beside the melody as it was given, (B, 2C, T, P)."""
    sounding, onsets = soft_rolls(logits)
    return _as_music(
        torch.cat([batch.sounding[:, :1], sounding], dim=1), torch.cat([batch.onsets[:, :1], onsets], dim=1)
    )
