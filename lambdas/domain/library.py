"""What people choose from: datasets with their pieces and tags, sample melodies, trained models."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lambdas.domain.errors import FieldFault
from lambdas.domain.rows import SHARED_OWNER, Row


@dataclass(frozen=True)
class Piece:
    """A piece of a dataset: its file within the dataset's folder, and its tags."""

    piece_id: str
    file: str
    tags: Mapping[str, str]

    def matches(self, filter_tags: Mapping[str, str]) -> bool:
        """Whether it carries every tag of the filter."""
        return all(self.tags.get(name) == value for name, value in filter_tags.items())


def select_pieces(pieces: Iterable[Piece], filter_tags: Mapping[str, str]) -> tuple[Piece, ...]:
    """The pieces that carry every tag, in catalog order."""
    return tuple(piece for piece in pieces if piece.matches(filter_tags))


@dataclass(frozen=True, kw_only=True)
class Dataset(Row):
    """A dataset; `tags` counts the pieces per value of each tag."""

    dataset_id: str
    title: str
    description: str
    licence: str
    source: str
    pieces: int
    tracks: tuple[str, ...]
    tags: Mapping[str, Mapping[str, int]]

    @property
    def row_id(self) -> str:
        return self.dataset_id

    def check_filter(self, filter_tags: Mapping[str, str]) -> list[FieldFault]:
        """What is wrong with a filter: tags or values that no piece has."""
        return [fault for item in filter_tags.items() if (fault := self._check_tag(*item)) is not None]

    def _check_tag(self, name: str, value: str) -> FieldFault | None:
        pointer = "/filterTags/" + name.replace("~", "~0").replace("/", "~1")
        if name not in self.tags:
            return FieldFault(pointer, f"the dataset has no tag {name!r}; it has {_listed(self.tags)}")
        if value not in self.tags[name]:
            return FieldFault(
                pointer, f"no piece has {name} {value!r}; the values are {_listed(self.tags[name])}"
            )
        return None


def _listed(names: Iterable[str], at_most: int = 20) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:at_most]) + (", …" if len(ordered) > at_most else "")


@dataclass(frozen=True)
class MelodyNote:
    """One note in steps (sixteenths) and MIDI pitch."""

    pitch: int
    onset_steps: int
    duration_steps: int
    velocity: int = 90


@dataclass(frozen=True)
class Melody:
    """A melody as a person sent it."""

    notes: tuple[MelodyNote, ...]
    tempo_bpm: float = 100.0
    beats_per_bar: int = 4

    def check(self) -> list[FieldFault]:
        """What keeps it from being one line: notes that begin while another one sounds."""
        order = sorted(range(len(self.notes)), key=lambda index: self.notes[index].onset_steps)
        faults = []
        for earlier, later in itertools.pairwise(order):
            end = self.notes[earlier].onset_steps + self.notes[earlier].duration_steps
            if self.notes[later].onset_steps < end:
                detail = f"begins before note {earlier} has ended: a melody sounds one note at a time"
                faults.append(FieldFault(f"/melody/notes/{later}", detail))
        return faults


@dataclass(frozen=True, kw_only=True)
class SampleMelody(Row):
    """A melody that everyone may use."""

    melody_id: str
    title: str
    source: str
    key: str
    melody: Melody

    @property
    def row_id(self) -> str:
        return self.melody_id


@dataclass(frozen=True)
class MetricValue:
    """One named number; `track` is the voice it belongs to, or none for the whole."""

    name: str
    value: float
    track: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainedModel(Row):
    """A model that can compose; `model_uri` is its archive."""

    model_id: str
    name: str
    technique: str
    training_job_id: str | None = None
    dataset: str
    model_uri: str
    trained_epochs: int
    instruments: tuple[str, ...]
    hyperparameters: Mapping[str, int | float]
    evaluation: tuple[MetricValue, ...] = ()
    reference: tuple[MetricValue, ...] = ()

    @property
    def row_id(self) -> str:
        return self.model_id

    @property
    def is_shared(self) -> bool:
        return self.owner == SHARED_OWNER


@dataclass(frozen=True)
class ModelCard:
    """What a model's archive says about itself."""

    model_uri: str
    technique: str
    trained_epochs: int
    instruments: tuple[str, ...]
    hyperparameters: Mapping[str, int | float]
    evaluation: tuple[MetricValue, ...] = ()
    reference: tuple[MetricValue, ...] = ()
