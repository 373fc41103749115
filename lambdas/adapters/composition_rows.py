"""Compositions between the domain and the table."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from contract import composition as wire
from contract.base import to_timestamp
from contract.table import CompositionItem, Kind
from lambdas.adapters.melodies import decode_melody, encode_melody
from lambdas.adapters.row_codecs import RowCodec, decode_failure, encode_failure, from_timestamp
from lambdas.domain.compositions import Composition, CompositionStatus, TrackSummary


def _encode_composition(row: Composition) -> CompositionItem:
    return CompositionItem(
        owner=row.owner,
        version=row.version,
        created_at=to_timestamp(row.created_at),
        updated_at=to_timestamp(row.updated_at),
        composition_id=row.composition_id,
        name=row.name,
        model_id=row.model_id,
        model_uri=row.model_uri,
        status=wire.CompositionStatus(row.status.value),
        melody=encode_melody(row.melody) if row.melody else None,
        midi=None if row.midi is None else base64.b64encode(row.midi).decode(),
        seed=row.seed,
        creativity=row.creativity,
        tempo_bpm=row.tempo_bpm,
        steps=row.steps,
        tracks=[
            wire.TrackSummary(name=t.name, program=t.program, notes=t.notes, is_melody=t.is_melody)
            for t in row.tracks
        ],
        midi_sha256=row.midi_sha256,
        lease_expires_at=row.lease_expires_at,
        attempts=row.attempts,
        failure=encode_failure(row.failure),
    )


def _decode_composition(attributes: Mapping[str, object]) -> Composition:
    item = CompositionItem.from_item(attributes)
    return Composition(
        owner=item.owner,
        version=item.version,
        created_at=from_timestamp(item.created_at),
        updated_at=from_timestamp(item.updated_at),
        composition_id=item.composition_id,
        name=item.name,
        model_id=item.model_id,
        model_uri=item.model_uri,
        status=CompositionStatus(item.status.value),
        melody=decode_melody(item.melody) if item.melody else None,
        midi=None if item.midi is None else base64.b64decode(item.midi),
        seed=item.seed,
        creativity=item.creativity,
        tempo_bpm=item.tempo_bpm,
        steps=item.steps,
        tracks=tuple(TrackSummary(t.name, t.program, t.notes, t.is_melody) for t in item.tracks),
        midi_sha256=item.midi_sha256,
        lease_expires_at=item.lease_expires_at,
        attempts=item.attempts,
        failure=decode_failure(item.failure),
    )


COMPOSITIONS = RowCodec(Kind.COMPOSITION, _encode_composition, _decode_composition)
