from __future__ import annotations

import torch

from training_container.optimizer import Adam


def start() -> torch.Tensor:
    return torch.linspace(-1, 2, 7).requires_grad_()


def descend(weight: torch.Tensor, optimizer, n_steps: int) -> None:
    for _ in range(n_steps):
        weight.grad = None
        (weight.sin() * weight).sum().backward()
        optimizer.step()


def test_steps_agree_with_torchs_adam():
    mine, theirs = start(), start()

    descend(mine, Adam([mine], 0.03, (0.5, 0.9)), 20)
    descend(theirs, torch.optim.Adam([theirs], lr=0.03, betas=(0.5, 0.9)), 20)

    torch.testing.assert_close(mine, theirs)


def test_first_step_is_the_rate_against_the_gradients_sign():
    weight = torch.tensor([2.0, -3.0], requires_grad=True)
    optimizer = Adam([weight], 0.1, (0.5, 0.9))
    weight.grad = torch.tensor([5.0, -0.01])

    optimizer.step()

    torch.testing.assert_close(weight.detach(), torch.tensor([1.9, -2.9]))


def test_changed_rate_takes_effect():
    weight = torch.tensor([1.0], requires_grad=True)
    optimizer = Adam([weight], 0.1, (0.5, 0.9))
    optimizer.rate = 0.2
    weight.grad = torch.tensor([1.0])

    optimizer.step()

    torch.testing.assert_close(weight.detach(), torch.tensor([0.8]))


def test_weight_without_a_gradient_stays():
    weight = torch.tensor([1.0], requires_grad=True)
    optimizer = Adam([weight], 0.1, (0.5, 0.9))
    weight.grad = torch.tensor([1.0])

    optimizer.clear_gradients()
    optimizer.step()

    assert weight.item() == 1


def test_restored_optimizer_goes_on_as_it_was():
    whole, resumed = start(), start()
    optimizer = Adam([whole], 0.03, (0.5, 0.9))
    descend(whole, optimizer, 5)
    with torch.no_grad():
        resumed.copy_(whole)

    restored = Adam([resumed], 0.03, (0.5, 0.9))
    restored.load_state_dict(optimizer.state_dict())
    descend(whole, optimizer, 5)
    descend(resumed, restored, 5)

    assert torch.equal(whole, resumed)
