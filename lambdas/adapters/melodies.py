"""Melodies and metric values between the wire and the domain."""

from __future__ import annotations

from collections.abc import Iterable

from contract import metrics as wire_metrics
from contract.melody import MelodyBody
from contract.melody import MelodyNote as WireNote
from lambdas.domain.library import Melody, MelodyNote, MetricValue


def decode_melody(body: MelodyBody) -> Melody:
    notes = tuple(
        MelodyNote(note.pitch, note.onset_steps, note.duration_steps, note.velocity) for note in body.notes
    )
    return Melody(notes, body.tempo_bpm, body.beats_per_bar)


def encode_melody(melody: Melody) -> MelodyBody:
    notes = [
        WireNote(
            pitch=note.pitch,
            onset_steps=note.onset_steps,
            duration_steps=note.duration_steps,
            velocity=note.velocity,
        )
        for note in melody.notes
    ]
    return MelodyBody(notes=notes, tempo_bpm=melody.tempo_bpm, beats_per_bar=melody.beats_per_bar)


def decode_values(values: Iterable[wire_metrics.MetricValue]) -> tuple[MetricValue, ...]:
    return tuple(MetricValue(value.name, value.value, value.track) for value in values)


def encode_values(values: Iterable[MetricValue]) -> list[wire_metrics.MetricValue]:
    return [
        wire_metrics.MetricValue(name=value.name, value=value.value, track=value.track) for value in values
    ]
