"""The main job through the whole architecture: train on Bach, watch, compose, hear."""

from __future__ import annotations

import base64

from music.midi import read_midi, write_midi
from music.score import Note, Score, Track
from tests.e2e.people import SMALL


def find_melody(person, melody_id):
    (found,) = [
        item for item in person.get("/melodies?pageSize=100")["items"] if item["melodyId"] == melody_id
    ]
    return found["melody"]


def notes_of(melody):
    return tuple(
        Note(note["onsetSteps"], note["pitch"], note["durationSteps"], note["velocity"])
        for note in melody["notes"]
    )


def voices(midi):
    """The notes alone, track by track: names and tempo aside."""
    return tuple(track.notes for track in read_midi(midi).tracks)


def test_training_completes_and_tells_how_it_went(anna, trained):
    job = anna.get(f"/training-jobs/{trained['jobId']}")

    assert job["progress"]["epoch"] == job["progress"]["epochs"] == SMALL["hyperparameters"]["epochs"]
    assert [transition["status"] for transition in job["transitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert {"generator_loss", "critic_loss"} <= set(job["latestMetrics"])


def test_metrics_come_once_each(anna, trained):
    path = f"/training-jobs/{trained['jobId']}/metrics"

    first = anna.get(path)
    second = anna.get(f"{path}?after={first['nextAfter']}")

    assert {"generator_loss", "critic_loss", "semitone_clash"} <= {point["name"] for point in first["items"]}
    assert first["reference"]
    assert second["items"] == []
    assert second["nextAfter"] == first["nextAfter"]


def test_samples_can_be_fetched_and_are_music(anna, trained, fetch):
    samples = anna.get(f"/training-jobs/{trained['jobId']}/samples")["items"]

    score = read_midi(fetch(samples[-1]["url"]))

    assert samples[-1]["epoch"] == SMALL["hyperparameters"]["epochs"]
    assert len(score.tracks) == 4


def test_composition_keeps_the_melody_and_adds_three_voices(anna, trained):
    melody = find_melody(anna, "twinkle")

    composition = anna.wait_for_composition(
        anna.http.post(
            "/compositions",
            json={"name": "Twinkle", "modelId": trained["modelId"], "melody": melody, "seed": 3},
        ).json()
    )
    midi = anna.http.get(composition["links"]["midi"], headers={"Accept": "audio/midi"})

    assert composition["status"] == "COMPLETED"
    assert midi.headers["content-type"] == "audio/midi"
    first, *others = read_midi(midi.content).tracks
    assert [(note.pitch, note.onset, note.duration) for note in first.notes] == [
        (note["pitch"], note["onsetSteps"], note["durationSteps"]) for note in melody["notes"]
    ]
    assert len(others) == 3


def test_sample_melody_and_midi_file_compose_like_the_notes_themselves(anna, trained):
    melody = find_melody(anna, "twinkle")
    file = write_midi(Score((Track("Melody", notes_of(melody)),), melody["tempoBpm"], melody["beatsPerBar"]))
    ways = [{"melody": melody}, {"melodyId": "twinkle"}, {"midi": base64.b64encode(file).decode()}]

    written = [anna.compose({"modelId": trained["modelId"], "seed": 3} | way) for way in ways]

    assert len({voices(midi) for midi in written}) == 1


def test_another_seed_gives_another_accompaniment(anna, trained):
    asked = {"modelId": trained["modelId"], "melodyId": "twinkle", "creativity": 1.0}

    first, second, again = (anna.compose(asked | {"seed": seed}) for seed in (1, 2, 1))

    assert first != second
    assert first == again


def test_list_is_newest_first_and_pages_without_gap_or_repetition(anna, trained):
    newest = anna.wait_for_end(anna.train(SMALL | {"name": "Newest"}))

    pages = [anna.get("/training-jobs?pageSize=1")]
    while "nextPageToken" in pages[-1]:
        pages.append(anna.get(f"/training-jobs?pageSize=1&pageToken={pages[-1]['nextPageToken']}"))

    listed = [job["jobId"] for page in pages for job in page["items"]]
    assert listed == [job["jobId"] for job in anna.get("/training-jobs?pageSize=100")["items"]]
    assert listed == sorted(listed, reverse=True)
    assert listed[0] == newest["jobId"]
    assert trained["jobId"] in listed


def test_model_tells_what_it_is(anna, trained):
    model = anna.get(f"/models/{trained['modelId']}")

    assert model["instruments"] == ["Alto", "Tenor", "Bass"]
    assert model["trainingJobId"] == trained["jobId"]
    assert model["evaluation"]


def test_techniques_and_datasets_are_published(anna):
    (technique,) = anna.get("/techniques")["items"]
    (dataset,) = anna.get("/datasets")["items"]

    assert "epochs" in {each["name"] for each in technique["hyperparameters"]}
    assert dataset["datasetId"] == "bach"
    assert sum(dataset["tags"]["mode"].values()) == dataset["pieces"]
