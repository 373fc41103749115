from __future__ import annotations

import pytest

from training_container.__main__ import choose_n_threads


@pytest.mark.parametrize(
    ("environment", "n_processors", "n_threads"),
    [({"SM_NUM_CPUS": "4"}, 2, 4), ({}, 4, 3), ({}, 2, 1), ({}, 1, 1)],
)
def test_threads_leave_a_processor_to_others(environment, n_processors, n_threads):
    assert choose_n_threads(environment, n_processors) == n_threads
