"""Adam (Kingma and Ba, 2015, algorithm 1), the same updates as `torch.optim.Adam`.

Ours, because the first use of any of torch's optimizers imports its compiler, three seconds of processor
time that no part of this container needs: more than a short job trains.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor

EPSILON = 1e-8


class Adam:
    """Steps weights along their gradients; `rate` may be changed between steps."""

    def __init__(self, weights: Iterable[Tensor], rate: float, betas: tuple[float, float]):
        self.weights, self.rate, self.betas = list(weights), rate, betas
        self.steps = 0
        self.means = [torch.zeros_like(weight) for weight in self.weights]
        self.squares = [torch.zeros_like(weight) for weight in self.weights]

    def clear_gradients(self) -> None:
        for weight in self.weights:
            weight.grad = None

    def step(self) -> None:
        """One update of every weight that has a gradient."""
        self.steps += 1
        keep_mean, keep_square = self.betas
        mean_share, square_share = 1 - keep_mean**self.steps, 1 - keep_square**self.steps
        with torch.no_grad():
            for weight, mean, square in zip(self.weights, self.means, self.squares, strict=True):
                if weight.grad is None:
                    continue
                mean.lerp_(weight.grad, 1 - keep_mean)
                square.mul_(keep_square).addcmul_(weight.grad, weight.grad, value=1 - keep_square)
                scale = (square / square_share).sqrt_().add_(EPSILON)
                weight.addcdiv_(mean, scale, value=-self.rate / mean_share)

    def state_dict(self) -> dict[str, object]:
        """All but the weights and the rate, which the schedule sets."""
        return {"steps": self.steps, "means": self.means, "squares": self.squares}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """The inverse of `state_dict`, for the same weights."""
        self.steps = cast(int, state["steps"])
        with torch.no_grad():
            for mine, name in ((self.means, "means"), (self.squares, "squares")):
                for tensor, saved in zip(mine, cast("list[Tensor]", state[name]), strict=True):
                    tensor.copy_(saved)
