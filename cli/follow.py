"""Following work until it ends: a training job or a composition, at the pace that the service asks for.

Yields values; shows nothing. A few answers in a row may fail on the way: the work itself goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from cli.client import DEFAULT_RETRY_SECONDS, ApiClient
from cli.errors import ApiProblemError, NotReachableError
from contract.composition import Composition, CompositionRequest, CompositionStatus
from contract.training import ENDED, TrainingJob

PATIENCE = 5  # failed answers in a row
SERVER_ERROR = 500

Sleep = Callable[[float], None]


def follow_job(client: ApiClient, job_id: str, sleep: Sleep = time.sleep) -> Iterator[TrainingJob]:
    """The job each time that it was read, until it has ended; the last one has ended.

    Raises `CliError` when it cannot be read at first, or not `PATIENCE` times in a row later.
    """
    failed, is_first = 0, True
    while True:
        try:
            job, seconds = client.job(job_id)
        except (NotReachableError, ApiProblemError) as error:
            failed += 1
            is_lasting = isinstance(error, ApiProblemError) and error.status < SERVER_ERROR
            if is_first or is_lasting or failed >= PATIENCE:
                raise
            sleep(DEFAULT_RETRY_SECONDS)
            continue
        yield job
        if job.status in ENDED:
            return
        failed, is_first = 0, False
        sleep(seconds)


def compose(
    client: ApiClient,
    request: CompositionRequest,
    on_change: Callable[[Composition], None] = lambda _: None,
    sleep: Sleep = time.sleep,
) -> Composition:
    """Posts the composition and waits until it is COMPLETED or FAILED."""
    composition, seconds = client.compose(request)
    shown = None
    while composition.status not in (CompositionStatus.COMPLETED, CompositionStatus.FAILED):
        if composition.status != shown:
            on_change(composition)
            shown = composition.status
        sleep(seconds)
        composition, seconds = client.composition(composition.composition_id)
    return composition
