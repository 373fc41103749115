"""Working doubles of the ports. The suites in `tests/integration/lambdas` hold them to what the adapters do.

Each method first raises what `faults` holds for its name, once per entry.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from lambdas.domain.changing import ROW_CHANGED
from lambdas.domain.errors import Conflict, NotFound
from lambdas.domain.ports import SampleLink
from lambdas.domain.rows import Page


class Faulty:
    """Raises on demand."""

    def __init__(self):
        self.faults = defaultdict(list)

    def _raise_fault(self, method):
        if self.faults[method]:
            raise self.faults[method].pop(0)


class FakeRows(Faulty):
    """Rows in a dictionary."""

    def __init__(self, *rows):
        super().__init__()
        self.rows = {(row.owner, row.row_id): row for row in rows}
        self.before_save = []  # functions called once each, before a save: others who save first

    def add(self, row):
        self._raise_fault("add")
        if (row.owner, row.row_id) in self.rows:
            raise Conflict("id-taken", f"{row.row_id} exists already")
        self.rows[row.owner, row.row_id] = row

    def get(self, owner, row_id):
        self._raise_fault("get")
        if (owner, row_id) not in self.rows:
            raise NotFound("not-found", f"there is no {row_id!r}")
        return self.rows[owner, row_id]

    def save(self, row):
        self._raise_fault("save")
        if self.before_save:
            self.before_save.pop(0)()
        self._check_unchanged(row)
        saved = replace(row, version=row.version + 1)
        self.rows[row.owner, row.row_id] = saved
        return saved

    def remove(self, row):
        self._raise_fault("remove")
        self._check_unchanged(row)
        del self.rows[row.owner, row.row_id]

    def list(self, owner, request):
        self._raise_fault("list")
        rows = [row for (row_owner, _), row in self.rows.items() if row_owner == owner]
        rows.sort(key=lambda row: row.row_id, reverse=request.newest_first)
        if request.after is not None:
            rows = [row for row in rows if self._is_beyond(row.row_id, request)]
        if request.status is not None:
            rows = [row for row in rows if row.status == request.status]
        items = tuple(rows[: request.size])
        return Page(items, items[-1].row_id if len(rows) > request.size else None)

    def _is_beyond(self, row_id, request):
        return row_id < request.after if request.newest_first else row_id > request.after

    def _check_unchanged(self, row):
        stored = self.rows.get((row.owner, row.row_id))
        if stored is None or stored.version != row.version:
            raise Conflict(ROW_CHANGED, f"{row.row_id} was changed meanwhile")


class FakeRegistry(Faulty):
    """Both rows or neither."""

    def __init__(self, jobs, models):
        super().__init__()
        self.jobs, self.models = jobs, models

    def register(self, model, job):
        self._raise_fault("register")
        self.jobs.save(job)
        self.models.rows[model.owner, model.model_id] = model


class FakeCatalogs(Faulty):
    def __init__(self, **catalogs):
        super().__init__()
        self.catalogs = catalogs

    def read(self, dataset_id):
        self._raise_fault("read")
        if dataset_id not in self.catalogs:
            raise NotFound("no-catalog", f"the dataset {dataset_id!r} has no catalog in the library")
        return self.catalogs[dataset_id]


class FakeTrainingInputs(Faulty):
    def __init__(self):
        super().__init__()
        self.written = {}

    def write(self, job, pieces):
        self._raise_fault("write")
        self.written[job.job_id] = [piece.file for piece in pieces]


class FakeExecutions(Faulty):
    """Executions by name: a second start of a job changes nothing."""

    def __init__(self):
        super().__init__()
        self.started = {}

    def training_job_name(self, job):
        return f"continuo-test-{job.job_id}"

    def start(self, job):
        self._raise_fault("start")
        self.started.setdefault(job.job_id, job)


class FakeTrainings(Faulty):
    def __init__(self):
        super().__init__()
        self.stopped = []

    def stop(self, training_job_name):
        self._raise_fault("stop")
        self.stopped.append(training_job_name)


class FakeProgressFiles(Faulty):
    def __init__(self, records=(), sampled_epochs=()):
        super().__init__()
        self.records, self.sampled_epochs = records, sampled_epochs

    def metrics(self, job_id):
        self._raise_fault("metrics")
        return self.records

    def samples(self, job_id):
        return tuple(
            SampleLink(epoch, f"https://s3.test/{job_id}/epoch-{epoch:05d}.mid", 900)
            for epoch in self.sampled_epochs
        )


class FakeModelArchives(Faulty):
    def __init__(self, card=None):
        super().__init__()
        self.card = card

    def read_card(self, job_id, training_job_name):
        self._raise_fault("read_card")
        return self.card


class FakeComposer(Faulty):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.asked = []

    def compose(self, composition):
        self._raise_fault("compose")
        self.asked.append(composition)
        return self.answer


class FakeMidiFiles(Faulty):
    def __init__(self):
        super().__init__()
        self.files = {}

    def put(self, composition, midi):
        self._raise_fault("put")
        self.files[composition.owner, composition.composition_id] = midi

    def get(self, composition):
        key = composition.owner, composition.composition_id
        if key not in self.files:
            raise NotFound("no-midi", f"the MIDI of {composition.composition_id} is gone")
        return self.files[key]
