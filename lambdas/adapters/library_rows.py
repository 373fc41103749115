"""Models, datasets and sample melodies between the domain and the table."""

from __future__ import annotations

from collections.abc import Mapping

from contract.base import to_timestamp
from contract.hyperparameters import Technique
from contract.table import DatasetItem, Kind, MelodyItem, ModelItem
from lambdas.adapters.melodies import decode_melody, decode_values, encode_melody, encode_values
from lambdas.adapters.row_codecs import RowCodec, from_timestamp
from lambdas.domain.library import Dataset, SampleMelody, TrainedModel


def _encode_model(model: TrainedModel) -> ModelItem:
    return ModelItem(
        owner=model.owner,
        version=model.version,
        created_at=to_timestamp(model.created_at),
        updated_at=to_timestamp(model.updated_at),
        model_id=model.model_id,
        name=model.name,
        technique=Technique(model.technique),
        training_job_id=model.training_job_id,
        dataset=model.dataset,
        model_uri=model.model_uri,
        trained_epochs=model.trained_epochs,
        instruments=list(model.instruments),
        hyperparameters=dict(model.hyperparameters),
        evaluation=encode_values(model.evaluation),
        reference=encode_values(model.reference),
    )


def _decode_model(attributes: Mapping[str, object]) -> TrainedModel:
    item = ModelItem.from_item(attributes)
    return TrainedModel(
        owner=item.owner,
        version=item.version,
        created_at=from_timestamp(item.created_at),
        updated_at=from_timestamp(item.updated_at),
        model_id=item.model_id,
        name=item.name,
        technique=item.technique.value,
        training_job_id=item.training_job_id,
        dataset=item.dataset,
        model_uri=item.model_uri,
        trained_epochs=item.trained_epochs,
        instruments=tuple(item.instruments),
        hyperparameters=item.hyperparameters,
        evaluation=decode_values(item.evaluation),
        reference=decode_values(item.reference),
    )


def _encode_dataset(dataset: Dataset) -> DatasetItem:
    return DatasetItem(
        owner=dataset.owner,
        version=dataset.version,
        created_at=to_timestamp(dataset.created_at),
        updated_at=to_timestamp(dataset.updated_at),
        dataset_id=dataset.dataset_id,
        title=dataset.title,
        description=dataset.description,
        licence=dataset.licence,
        source=dataset.source,
        pieces=dataset.pieces,
        tracks=list(dataset.tracks),
        tags={name: dict(counts) for name, counts in dataset.tags.items()},
    )


def _decode_dataset(attributes: Mapping[str, object]) -> Dataset:
    item = DatasetItem.from_item(attributes)
    return Dataset(
        owner=item.owner,
        version=item.version,
        created_at=from_timestamp(item.created_at),
        updated_at=from_timestamp(item.updated_at),
        dataset_id=item.dataset_id,
        title=item.title,
        description=item.description,
        licence=item.licence,
        source=item.source,
        pieces=item.pieces,
        tracks=tuple(item.tracks),
        tags=item.tags,
    )


def _encode_sample_melody(sample: SampleMelody) -> MelodyItem:
    return MelodyItem(
        owner=sample.owner,
        version=sample.version,
        created_at=to_timestamp(sample.created_at),
        updated_at=to_timestamp(sample.updated_at),
        melody_id=sample.melody_id,
        title=sample.title,
        source=sample.source,
        key=sample.key,
        melody=encode_melody(sample.melody),
    )


def _decode_sample_melody(attributes: Mapping[str, object]) -> SampleMelody:
    item = MelodyItem.from_item(attributes)
    return SampleMelody(
        owner=item.owner,
        version=item.version,
        created_at=from_timestamp(item.created_at),
        updated_at=from_timestamp(item.updated_at),
        melody_id=item.melody_id,
        title=item.title,
        source=item.source,
        key=item.key,
        melody=decode_melody(item.melody),
    )


MODELS = RowCodec(Kind.MODEL, _encode_model, _decode_model)
DATASETS = RowCodec(Kind.DATASET, _encode_dataset, _decode_dataset)
MELODIES = RowCodec(Kind.MELODY, _encode_sample_melody, _decode_sample_melody)
