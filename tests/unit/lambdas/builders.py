"""Things of the domain, ready to use, each with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lambdas.domain.compositions import Accompaniment, Composition, TrackSummary
from lambdas.domain.library import (
    Dataset,
    Melody,
    MelodyNote,
    MetricValue,
    ModelCard,
    Piece,
    SampleMelody,
    TrainedModel,
)
from lambdas.domain.rows import SHARED_OWNER
from lambdas.domain.training_jobs import TrainingJob
from lambdas.domain.training_reports import MetricsRecord

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
OWNER = "u-1"
JOB_ID = "job-01m853spk27js10g5egp6fhjg6"
MODEL_ID = "model-01m853spk27js10g5egp6fhjg6"
COMPOSITION_ID = "composition-01m853tq5c3d8x6w0a2v9nrk4e"
TRAINING_JOB_NAME = f"continuo-test-{JOB_ID}"
MODEL_URI = f"s3://artifacts/models/{JOB_ID}/{TRAINING_JOB_NAME}/output/model.tar.gz"


def make_job(**changes):
    values: dict[str, Any] = {
        "owner": OWNER,
        "created_at": NOW,
        "updated_at": NOW,
        "job_id": JOB_ID,
        "name": "First chorales",
        "technique": "unet-gan",
        "dataset": "bach",
        "filter_tags": {"mode": "minor"},
        "hyperparameters": {"epochs": 6, "learningRate": 0.0005},
    }
    return TrainingJob(**values | changes)


def make_melody():
    return Melody((MelodyNote(60, 0, 4), MelodyNote(67, 4, 8)), tempo_bpm=96.0)


def make_composition(**changes):
    values: dict[str, Any] = {
        "owner": OWNER,
        "created_at": NOW,
        "updated_at": NOW,
        "composition_id": COMPOSITION_ID,
        "name": "Twinkle for four",
        "model_id": MODEL_ID,
        "model_uri": MODEL_URI,
        "melody": make_melody(),
        "seed": 7,
        "creativity": 0.5,
    }
    return Composition(**values | changes)


def make_model(**changes):
    values: dict[str, Any] = {
        "owner": OWNER,
        "created_at": NOW,
        "updated_at": NOW,
        "model_id": MODEL_ID,
        "name": "First chorales",
        "technique": "unet-gan",
        "training_job_id": JOB_ID,
        "dataset": "bach",
        "model_uri": MODEL_URI,
        "trained_epochs": 6,
        "instruments": ("Alto", "Tenor", "Bass"),
        "hyperparameters": {"epochs": 6},
        "evaluation": (MetricValue("semitone_clash", 0.0625), MetricValue("mean_note_length", 4.5, "Alto")),
        "reference": (MetricValue("semitone_clash", 0.05),),
    }
    return TrainedModel(**values | changes)


def make_dataset(**changes):
    values: dict[str, Any] = {
        "owner": SHARED_OWNER,
        "created_at": NOW,
        "updated_at": NOW,
        "dataset_id": "bach",
        "title": "Bach chorales",
        "description": "Four-part chorales.",
        "licence": "public domain",
        "source": "music21",
        "pieces": 3,
        "tracks": ("Soprano", "Alto", "Tenor", "Bass"),
        "tags": {"mode": {"major": 2, "minor": 1}, "meter": {"4/4": 3}},
    }
    return Dataset(**values | changes)


def make_sample_melody(**changes):
    values: dict[str, Any] = {
        "owner": SHARED_OWNER,
        "created_at": NOW,
        "updated_at": NOW,
        "melody_id": "twinkle",
        "title": "Twinkle, twinkle",
        "source": "traditional",
        "key": "C major",
        "melody": make_melody(),
    }
    return SampleMelody(**values | changes)


def make_pieces():
    return (
        Piece("bwv1", "pieces/bwv1.mid", {"mode": "major", "meter": "4/4"}),
        Piece("bwv2", "pieces/bwv2.mid", {"mode": "minor", "meter": "4/4"}),
        Piece("bwv3", "pieces/bwv3.mid", {"mode": "major", "meter": "4/4"}),
    )


def make_accompaniment(midi=b"MThd\xff\x00 composed"):
    tracks = (TrackSummary("Soprano", 52, 2, is_melody=True), TrackSummary("Alto", 52, 5))
    return Accompaniment(midi, steps=12, tempo_bpm=96.0, tracks=tracks)


def make_card(**changes):
    values: dict[str, Any] = {
        "model_uri": MODEL_URI,
        "technique": "unet-gan",
        "trained_epochs": 6,
        "instruments": ("Alto", "Tenor", "Bass"),
        "hyperparameters": {"epochs": 6},
        "evaluation": (MetricValue("semitone_clash", 0.0625),),
        "reference": (MetricValue("semitone_clash", 0.05),),
    }
    return ModelCard(**values | changes)


def make_records():
    """A reference line and two epochs."""
    return (
        MetricsRecord(0, 0, 6, (MetricValue("semitone_clash", 0.05),), is_reference=True),
        MetricsRecord(1, 1, 6, (MetricValue("generator_loss", 1.5),), seconds_left=50.0),
        MetricsRecord(
            2,
            2,
            6,
            (MetricValue("generator_loss", 1.25), MetricValue("mean_note_length", 4.5, "Alto")),
            seconds_left=41.5,
        ),
    )
