"""`compose`: every kind of melody, now and queued, to a MIDI file."""

from __future__ import annotations

import base64
import json

from music.midi import read_midi


def test_compose_by_melody_id_writes_the_midi(continuo, api, tmp_path):
    ran = continuo(
        *("compose", "--model", "model-1", "--melody", "twinkle", "--seed", "7", "--creativity", "0.5"),
        *("--out", "made/twinkle.mid"),
    )

    assert ran.code == 0
    assert api.bodies("POST", "/compositions") == [
        {"name": "twinkle", "modelId": "model-1", "melodyId": "twinkle", "seed": 7, "creativity": 0.5}
    ]
    names = [track.name for track in read_midi((tmp_path / "made/twinkle.mid").read_bytes()).tracks]
    assert names == ["Soprano", "Alto", "Tenor", "Bass"]
    assert ran.out == "made/twinkle.mid: Alto, Tenor, Bass under twinkle, seed 7\n"


def test_queued_composition_is_polled_until_it_is_there(continuo, api, queued_course):
    api.compositions = queued_course

    ran = continuo("compose", "--model", "model-1", "--melody", "twinkle", "--json")

    assert ran.code == 0
    assert ran.json()["status"] == "COMPLETED"
    assert ran.err.count("composition-1 waits for the endpoint") == 1


def test_failed_composition_tells_why(continuo, api, failed_composition, tmp_path):
    api.compositions = [failed_composition]

    ran = continuo("compose", "--model", "model-1", "--melody", "twinkle", "--out", "x.mid")

    assert ran.code == 1
    assert "corrupt-model: The archive holds no graph." in ran.err
    assert not (tmp_path / "x.mid").exists()


def test_json_notes_are_sent_as_a_melody(continuo, api, tmp_path):
    notes = [{"pitch": 60, "onsetSteps": 0, "durationSteps": 4}]
    (tmp_path / "mine.json").write_text(json.dumps({"notes": notes, "tempoBpm": 80}))

    ran = continuo("compose", "--model", "model-1", "--melody", "mine.json")

    (body,) = api.bodies("POST", "/compositions")
    assert ran.code == 0
    assert body["melody"] == {"notes": [notes[0] | {"velocity": 90}], "tempoBpm": 80.0, "beatsPerBar": 4}
    assert body["name"] == "mine"


def test_sample_melody_saved_as_json_is_taken_too(continuo, api, tmp_path):
    listed = continuo("melodies", "--json").json()["items"][0]
    (tmp_path / "saved.json").write_text(json.dumps(listed))

    continuo("compose", "--model", "model-1", "--melody", "saved.json")

    (body,) = api.bodies("POST", "/compositions")
    assert body["melody"] == listed["melody"]


def test_midi_file_is_sent_as_it_is(continuo, api, tmp_path, midi_bytes):
    (tmp_path / "mine.MID").write_bytes(midi_bytes)

    continuo("compose", "--model", "model-1", "--melody", "mine.MID")

    (body,) = api.bodies("POST", "/compositions")
    assert base64.b64decode(body["midi"]) == midi_bytes


def test_bad_melody_files_are_refused_before_anything_is_sent(continuo, api, tmp_path):
    (tmp_path / "bad.json").write_text('{"notes": [{"pitch": 200, "onsetSteps": 0, "durationSteps": 1}]}')
    (tmp_path / "torn.json").write_text('{"notes": ')
    (tmp_path / "text.mid").write_text("no MIDI")

    refusals = {
        name: continuo("compose", "--model", "model-1", "--melody", name)
        for name in ("bad.json", "torn.json", "text.mid", "absent.mid")
    }

    assert {name: ran.code for name, ran in refusals.items()} == dict.fromkeys(refusals, 1)
    assert "/notes/0/pitch  Input should be less than or equal to 127" in refusals["bad.json"].err
    assert "torn.json is no JSON" in refusals["torn.json"].err
    assert "text.mid is no standard MIDI file" in refusals["text.mid"].err
    assert "absent.mid cannot be read: No such file or directory" in refusals["absent.mid"].err
    assert api.seen == []
