"""What the container reads and writes, by content type."""

from __future__ import annotations

import base64
import json

import pytest

from contract.inference import JSON, MIDI, InferenceAnswer, InferenceRequest
from contract.melody import MAX_STEPS
from inference_container.errors import InvalidRequest, NotAcceptable, UnsupportedMediaType
from inference_container.payload import (
    choose_answer_type,
    decode_json,
    decode_midi,
    decoder_for,
    encode_json,
    melody_of,
)
from music.melody import to_score
from music.midi import read_midi, write_midi
from music.score import Note, Track
from tests.unit.inference.builders import URI, make_melody

FILE = write_midi(to_score(make_melody(60, 62, 64, tempo_bpm=90.0, beats_per_bar=3)))


def body_of(**changes):
    notes = [
        {"pitch": 62, "onsetSteps": 4, "durationSteps": 4},
        {"pitch": 60, "onsetSteps": 0, "durationSteps": 4, "velocity": 33},
    ]
    return json.dumps({"model": URI, "melody": {"notes": notes}} | changes).encode()


def request_of(notes, **changes):
    wire = [{"pitch": p, "onsetSteps": onset, "durationSteps": length} for p, onset, length in notes]
    return decode_json(body_of(melody={"notes": wire}, **changes), "")


def test_json_notes_become_a_melody_in_order_of_onset():
    melody = melody_of(decode_json(body_of(), ""))

    assert melody.notes == (Note(0, 60, 4, 33), Note(4, 62, 4, 90))
    assert (melody.tempo_bpm, melody.beats_per_bar) == (100.0, 4)


def test_midi_within_json_is_the_same_melody_as_midi_by_itself():
    within = decode_json(json.dumps({"model": URI, "midi": base64.b64encode(FILE).decode()}).encode(), "")
    alone = decode_midi(FILE, f"model={URI}")

    assert within == alone
    assert melody_of(within).notes == make_melody(60, 62, 64).notes


def test_custom_attributes_give_the_rest_of_the_request():
    request = decode_midi(FILE, f" model={URI} ; seed=7;creativity=0.5;tempoBpm=72; ")

    assert request == InferenceRequest(
        model=URI, midi=base64.b64encode(FILE), seed=7, creativity=0.5, tempo_bpm=72
    )


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("", "model: Field required"),
        ("seed=1", "model: Field required"),
        ("model=https://example.com/x", "model: String should match pattern"),
        (f"model={URI};seed=-1", "seed: Input should be greater than or equal to 0"),
        (f"model={URI};seed=one", "seed: Input should be a valid integer"),
        (f"model={URI};creativity=3", "creativity: Input should be less than or equal to 2"),
        (f"model={URI};volume=11", "volume: Extra inputs are not permitted"),
        (f"model={URI};model={URI}", "may not give model"),
        (f"model={URI};midi=TVRoZA==", "may not give midi"),
        (f"model={URI};melody=x", "may not give melody"),
    ],
)
def test_bad_custom_attributes_are_refused_by_name(attributes, message):
    with pytest.raises(InvalidRequest, match=message):
        decode_midi(FILE, attributes)


def test_tempo_of_the_request_wins_over_the_melodys():
    asked = melody_of(decode_midi(FILE, f"model={URI};tempoBpm=72"))
    own = melody_of(decode_midi(FILE, f"model={URI}"))

    assert (asked.tempo_bpm, own.tempo_bpm) == (72.0, 90.0)
    assert asked.notes == own.notes
    assert asked.beats_per_bar == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"melody": None}, "exactly one of melody and midi"),
        ({"midi": "TVRoZA=="}, "exactly one of melody and midi"),
        ({"melody": {"notes": []}}, "melody.notes: List should have at least 1 item"),
        ({"seed": 2**31}, "seed: Input should be less than or equal to"),
        ({"tempoBpm": 5}, "tempoBpm: Input should be greater than or equal to 20"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
    ],
)
def test_bad_json_values_are_refused_by_field(changes, message):
    with pytest.raises(InvalidRequest, match=message):
        decode_json(body_of(**changes), "")


def test_refusal_names_fields_and_never_their_values():
    notes = [{"pitch": 12345, "onsetSteps": "secret-tune", "durationSteps": 1}] * 9

    with pytest.raises(InvalidRequest) as refusal:
        decode_json(body_of(melody={"notes": notes}), "")

    message = str(refusal.value)
    assert "melody.notes.0.pitch" in message
    assert "(and 13 more)" in message
    assert "secret-tune" not in message
    assert "12345" not in message


def test_refusal_cuts_names_that_the_caller_invented():
    with pytest.raises(InvalidRequest) as refusal:
        decode_json(body_of(**{"x" * 100_000: 1}), "")

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null"])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(InvalidRequest, match="body: "):
        decode_json(body, "")


def test_chord_is_refused_as_a_melody():
    with pytest.raises(InvalidRequest, match="one note at a time"):
        melody_of(request_of([(60, 0, 8), (64, 4, 4)]))


@pytest.mark.parametrize("data", [b"MThd", b"no midi", FILE[:30]])
def test_broken_midi_is_refused(data):
    with pytest.raises(InvalidRequest):
        melody_of(decode_midi(data, f"model={URI}"))


def test_melody_may_end_at_the_last_step_and_not_after():
    longest = melody_of(request_of([(60, 0, MAX_STEPS)]))
    too_long = request_of([(60, MAX_STEPS - 1, 2)])

    assert longest.n_steps == MAX_STEPS
    with pytest.raises(InvalidRequest, match=f"ends by step {MAX_STEPS}"):
        melody_of(too_long)


def test_long_midi_is_refused_like_long_notes():
    data = write_midi(to_score(make_melody(60, start=MAX_STEPS)))

    with pytest.raises(InvalidRequest, match=f"ends by step {MAX_STEPS}"):
        melody_of(decode_midi(data, f"model={URI}"))


def test_json_answer_holds_the_tracks_and_the_same_music_as_midi():
    melody = make_melody(60, 62, tempo_bpm=96.0)
    score = to_score(melody, [Track("Bass", (Note(0, 48, 16, 70),), 32)], program=52)

    answer = InferenceAnswer.model_validate_json(encode_json(score, 11))

    assert (answer.seed, answer.steps, answer.tempo_bpm) == (11, 16, 96.0)
    assert [(t.name, t.program, t.is_melody) for t in answer.tracks] == [
        ("Melody", 52, True),
        ("Bass", 32, False),
    ]
    again = read_midi(answer.midi)
    for track, told in zip(again.tracks, answer.tracks, strict=True):
        assert [(n.onset, n.pitch, n.duration, n.velocity) for n in track.notes] == [
            (n.onset_steps, n.pitch, n.duration_steps, n.velocity) for n in told.notes
        ]


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=utf-8", MIDI])
def test_known_content_types_are_read(content_type):
    assert decoder_for(content_type) in (decode_json, decode_midi)


@pytest.mark.parametrize("content_type", ["", "text/csv", "application/octet-stream", "audio/mpeg"])
def test_unknown_content_types_are_refused(content_type):
    with pytest.raises(UnsupportedMediaType, match=r"send application/json or audio/midi"):
        decoder_for(content_type)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (MIDI, MIDI),
        ("AUDIO/MIDI", MIDI),
        ("audio/*", MIDI),
        ("application/*", JSON),
        ("text/html, audio/midi", MIDI),
        ("application/json;q=0.2, audio/midi;q=0.8", MIDI),
        ("*/*;q=0.1, audio/midi", MIDI),
        ("audio/midi;q=0, application/json", JSON),
    ],
)
def test_answer_follows_accept(accept, chosen):
    assert choose_answer_type(accept) == chosen


@pytest.mark.parametrize("accept", ["text/html", "audio/mpeg", "audio/midi;q=0", "audio/midi;q=loud"])
def test_type_that_cannot_be_written_is_refused(accept):
    with pytest.raises(NotAcceptable, match="application/json or audio/midi"):
        choose_answer_type(accept)
