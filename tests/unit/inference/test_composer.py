"""The composer's promises: the melody untouched, voices within their range, no joins, one seed one piece."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.manifest import GRAPH_FILE, MANIFEST_FILE
from contract.melody import MAX_STEPS
from inference_container.archive import read_archive
from inference_container.composer import blend, compose
from inference_container.model import load_model
from music.midi import read_midi, write_midi
from music.score import Melody, Note
from tests.unit.inference.builders import (
    FakeAccompanist,
    make_graph,
    make_manifest,
    make_melody,
    make_model_archive,
    pack,
)

TINY = load_model(read_archive(make_model_archive()), threads=1)


@st.composite
def melodies(draw, max_notes=24):
    """Any legal melody: rests, pick-ups, notes over bar lines, pitches far outside the model's range."""
    notes, step = [], draw(st.integers(0, 40))
    for _ in range(draw(st.integers(1, max_notes))):
        duration = draw(st.integers(1, 20))
        notes.append(Note(step, draw(st.integers(0, 127)), duration, draw(st.integers(1, 127))))
        step += duration + draw(st.sampled_from([0, 0, 0, 1, 5, 17]))
    return Melody(tuple(notes), draw(st.sampled_from([60.0, 97.5])), draw(st.integers(2, 12)))


def end_of_bar(melody):
    bar = 4 * melody.beats_per_bar
    return -(-melody.n_steps // bar) * bar


@settings(max_examples=150, deadline=None)
@given(melodies(), st.integers(0, 2**31 - 1), st.sampled_from([0.0, 0.7, 2.0]))
def test_any_melody_comes_back_untouched_with_voices_in_range_and_length(melody, seed, creativity):
    score = compose(TINY, melody, seed=seed, creativity=creativity)

    assert score.tracks[0].notes == melody.notes
    assert (score.tempo_bpm, score.beats_per_bar) == (melody.tempo_bpm, melody.beats_per_bar)
    for track in score.tracks[1:]:
        assert all(earlier.end <= later.onset for earlier, later in pairwise(track.notes))
        for note in track.notes:  # a voice may also rest throughout
            assert 48 <= note.pitch < 72
            assert melody.notes[0].onset <= note.onset < melody.n_steps
            assert note.end <= end_of_bar(melody)


@settings(max_examples=40, deadline=None)
@given(melodies(), st.integers(0, 2**31 - 1), st.sampled_from([0.0, 1.0]))
def test_same_seed_gives_identical_bytes(melody, seed, creativity):
    first, second = (write_midi(compose(TINY, melody, seed=seed, creativity=creativity)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("creativity", [0.0, 1.0])
def test_each_seed_gives_another_accompaniment(creativity):
    melody = make_melody(60, 62, 64, 65, 67, 69, 71, 72, 60, 64, 67, 72)

    answers = {write_midi(compose(TINY, melody, seed=seed, creativity=creativity)) for seed in range(10)}

    assert len(answers) == 10


def test_seed_draws_other_tokens_even_from_a_model_that_ignores_noise():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody)))

    first, second = (compose(model, make_melody(60, 62, 64), seed=seed, creativity=1.0) for seed in (1, 2))

    assert first.tracks[1:] != second.tracks[1:]


def test_creativity_changes_the_tokens_and_not_the_noise():
    model = FakeAccompanist(lambda melody, onset, noise: TINY.run(melody, onset, noise))
    melody = make_melody(60, 62, 64, 65)

    tame, wild = (compose(model, melody, seed=3, creativity=creativity) for creativity in (0.0, 2.0))

    assert tame.tracks[1:] != wild.tracks[1:]
    np.testing.assert_array_equal(model.heard[0][2], model.heard[1][2])


def test_overlapping_windows_hear_the_same_noise_and_the_same_melody():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody)))

    compose(model, make_melody(60, 62, 64, 65, 67, 69, 71, 72, duration=5), seed=1, creativity=0.0)

    ((melody, onset, noise),) = model.heard
    assert len(melody) == 4  # 40 steps: windows at 0, 8, 16 and 24 of 16 steps each
    for earlier, later in zip(range(3), range(1, 4), strict=True):
        np.testing.assert_array_equal(noise[earlier][:, 2:], noise[later][:, :2])
        np.testing.assert_array_equal(melody[earlier][:, 8:], melody[later][:, :8])
        np.testing.assert_array_equal(onset[earlier][:, 9:], onset[later][:, 1:8])


def test_note_that_sounds_into_a_window_begins_there_as_in_training():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody)))

    compose(model, make_melody(60, 62, duration=12), seed=1, creativity=0.0)

    ((_, onset, _),) = model.heard
    assert np.flatnonzero(onset[0, 0]).tolist() == [0, 12]
    assert np.flatnonzero(onset[1, 0]).tolist() == [0, 4]


def test_longer_melody_begins_with_the_noise_of_a_shorter_one():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody)))

    compose(model, make_melody(60, 62, 64, 65), seed=9, creativity=0.0)
    compose(model, make_melody(*[60, 62, 64, 65] * 5), seed=9, creativity=0.0)

    np.testing.assert_array_equal(model.heard[0][2][0], model.heard[1][2][0])


def test_windows_share_all_their_noise_when_it_has_no_middle():
    model: FakeAccompanist = FakeAccompanist(
        lambda melody, onset, noise: model.logits(len(melody)), make_manifest(noise_steps=1)
    )

    compose(model, make_melody(*[60] * 12), seed=9, creativity=0.0)

    noise = model.heard[0][2]
    assert len(noise) == 5
    assert all(np.array_equal(noise[0], window) for window in noise)


def test_disagreeing_windows_fade_into_each_other_step_by_step():
    """Window n wants the logit n everywhere: over each overlap the blend rises in equal steps."""
    model: FakeAccompanist = FakeAccompanist(
        lambda melody, onset, noise: model.logits(len(melody)) + np.arange(len(melody))[:, None, None, None]
    )

    blended = blend(model, make_melody(60, duration=32), 0, np.random.default_rng(0))

    overlap = (np.arange(8) + 0.5) / 8
    by_hand = np.concatenate([np.zeros(8), overlap, 1 + overlap, np.full(8, 2.0)])
    assert blended.shape == (2, 32, 26)
    np.testing.assert_allclose(blended, np.broadcast_to(by_hand[:, None], blended.shape), atol=1e-6)


def test_agreeing_windows_leave_no_join_in_a_held_note():
    """A model that wants a hold everywhere but at the first step: one note, whatever the windows."""

    def hold_on(melody, onset, noise):
        logits = model.logits(len(melody), model.grid.hold)
        logits[:, :, 0, 5] = 20.0  # each window begins its own note anew, as it has learned to
        return logits

    model = FakeAccompanist(hold_on)

    score = compose(model, make_melody(*[60] * 20), seed=0, creativity=0.0)

    assert [track.notes for track in score.tracks[1:]] == [(Note(0, 53, 80, 72),)] * 2


def test_windows_of_any_length_are_blended_by_the_same_rule():
    manifest = make_manifest(steps=5, noise_steps=1)
    model: FakeAccompanist = FakeAccompanist(
        lambda melody, onset, noise: model.logits(len(melody)) + 1.0, manifest
    )

    blended = blend(model, make_melody(60, duration=23), 0, np.random.default_rng(0))

    np.testing.assert_allclose(blended, np.ones((2, 23, 26)), atol=1e-6)


def test_pitches_outside_the_range_are_folded_only_for_what_the_model_hears():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody)))
    melody = make_melody(24, 60, 108, 127)

    score = compose(model, melody, seed=0, creativity=0.0)

    heard = model.heard[0][0][0]
    assert [int(heard[:, step].argmax()) + 48 for step in (0, 4, 8, 12)] == [48, 60, 60, 67]
    assert [note.pitch for note in score.tracks[0].notes] == [24, 60, 108, 127]


def test_voices_keep_silent_before_a_pick_up_and_wait_through_empty_bars():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody), 7))
    melody = make_melody(60, 62, duration=4, start=44)  # the last beat of the third bar

    score = compose(model, melody, seed=0, creativity=0.0)

    assert model.heard[0][0].shape[0] == 2  # heard from the third bar on: 20 steps
    assert score.tracks[1].notes[0].onset == 44
    assert score.tracks[0].notes == melody.notes


def test_voice_that_wants_to_hold_at_the_melodys_first_step_begins_a_note_there():
    def hold_else_five(melody, onset, noise):
        logits = model.logits(len(melody), model.grid.hold)
        logits[..., 5] = 5.0
        return logits

    model = FakeAccompanist(hold_else_five)

    score = compose(model, make_melody(60, 62, start=4), seed=0, creativity=0.0)

    assert score.tracks[1].notes == (Note(4, 53, 12, 72),)


@pytest.mark.parametrize(
    ("beats_per_bar", "duration", "end"), [(4, 12, 16), (4, 16, 16), (3, 13, 24), (4, 1, 16), (5, 61, 80)]
)
def test_voice_that_sounds_at_the_end_holds_to_the_end_of_the_bar(beats_per_bar, duration, end):
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody), 7))

    score = compose(
        model, make_melody(60, duration=duration, beats_per_bar=beats_per_bar), seed=0, creativity=0
    )

    assert score.tracks[1].notes[-1].end == end
    assert score.tracks[0].notes[-1].end == duration


def test_voice_that_rests_at_the_end_stays_silent():
    def rest_after_six(melody, onset, noise):
        logits = model.logits(len(melody), 7)
        logits[:, :, 6:, model.grid.rest] = 20.0
        return logits

    model = FakeAccompanist(rest_after_six)

    score = compose(model, make_melody(60, duration=10), seed=0, creativity=0.0)

    assert score.tracks[1].notes[-1].end == 6


def test_longest_melody_is_not_held_beyond_the_longest_length():
    model: FakeAccompanist = FakeAccompanist(lambda melody, onset, noise: model.logits(len(melody), 7))

    score = compose(model, make_melody(60, duration=MAX_STEPS, beats_per_bar=3), seed=0, creativity=0.0)

    assert score.n_steps == MAX_STEPS


def test_tracks_are_named_and_instrumented_by_the_manifest_and_play_below_the_melody():
    melody = Melody((Note(0, 60, 8, 100), Note(8, 62, 8, 60)))

    score = compose(TINY, melody, seed=4, creativity=0.0)

    assert [(track.name, track.program) for track in score.tracks] == [
        ("Soprano", 52),
        ("Alto", 53),
        ("Bass", 32),
    ]
    assert {note.velocity for track in score.tracks[1:] for note in track.notes} == {64}


def test_composition_survives_the_midi_file():
    score = compose(TINY, make_melody(60, 62, 64, 65, 67), seed=4, creativity=0.0)

    again = read_midi(write_midi(score))

    assert [track.notes for track in again.tracks] == [track.notes for track in score.tracks]


def test_graph_that_hears_the_melody_answers_another_melody_otherwise():
    files = read_archive(
        pack(
            {
                GRAPH_FILE: (graph := make_graph(weights_seed=5)),
                MANIFEST_FILE: make_manifest(graph).to_json().encode(),
            }
        )
    )
    model = load_model(files, threads=1)

    first, second = (
        compose(model, make_melody(*pitches), seed=1, creativity=0.0)
        for pitches in ([60, 62, 64], [60, 65, 69])
    )

    assert first.tracks[1:] != second.tracks[1:]
