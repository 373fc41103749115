"""The API over fakes."""

from __future__ import annotations

import io
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from lambdas.bootstrap import ApiServices
from lambdas.domain.composing import CompositionMaker
from lambdas.domain.compositions import Composition
from lambdas.domain.library import TrainedModel
from lambdas.domain.training_jobs import TrainingJob
from lambdas.handlers import api
from tests.unit.lambdas.builders import (
    NOW,
    make_accompaniment,
    make_dataset,
    make_model,
    make_records,
    make_sample_melody,
)
from tests.unit.lambdas.fakes import FakeComposer, FakeMidiFiles, FakeProgressFiles, FakeRows, FakeTrainings


@dataclass
class FakeApi:
    """The handler, and the fakes that it works on."""

    jobs: FakeRows
    compositions: FakeRows
    models: FakeRows
    progress: FakeProgressFiles
    trainings: FakeTrainings
    composer: FakeComposer
    midi_files: FakeMidiFiles
    logged: io.StringIO

    def __post_init__(self):
        self.services = ApiServices(
            jobs=self.jobs,
            compositions=self.compositions,
            models=self.models,
            datasets=FakeRows(make_dataset()),
            melodies=FakeRows(make_sample_melody()),
            progress=self.progress,
            trainings=self.trainings,
            midi_files=self.midi_files,
            maker=CompositionMaker(self.compositions, self.composer, self.midi_files, lambda: NOW, 120),
            clock=lambda: NOW,
            log=Logger(service=f"test-{id(self.logged)}", stream=self.logged),  # one name, one stream
        )
        self.handle = api.make_handler(lambda: self.services)


def make_api(*rows):
    """An API whose person owns one model, and whatever rows are given."""

    def of(kind):
        return [row for row in rows if isinstance(row, kind)]

    return FakeApi(
        jobs=FakeRows(*of(TrainingJob)),
        compositions=FakeRows(*of(Composition)),
        models=FakeRows(*(of(TrainedModel) or [make_model()])),
        progress=FakeProgressFiles(make_records(), sampled_epochs=(1, 2)),
        trainings=FakeTrainings(),
        composer=FakeComposer(make_accompaniment()),
        midi_files=FakeMidiFiles(),
        logged=io.StringIO(),
    )
