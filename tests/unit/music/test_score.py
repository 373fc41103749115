"""Notes and melodies in hand are legal ones."""

from __future__ import annotations

import pytest

from music.score import InvalidMusic, Melody, Note, Score, Track


@pytest.mark.parametrize(("onset", "duration"), [(-1, 1), (0, 0), (0, -4)])
def test_a_note_needs_a_time(onset: int, duration: int):
    with pytest.raises(InvalidMusic, match="onset >= 0 and duration >= 1"):
        Note(onset, 60, duration)


@pytest.mark.parametrize(("pitch", "velocity"), [(-1, 90), (128, 90), (60, 0), (60, 128)])
def test_a_note_needs_a_midi_pitch_and_velocity(pitch: int, velocity: int):
    with pytest.raises(InvalidMusic, match="pitch 0 to 127 and velocity 1 to 127"):
        Note(0, pitch, 1, velocity)


def test_a_score_lasts_until_its_last_note_has_ended():
    score = Score(
        (Track("A", (Note(0, 60, 9), Note(2, 60, 1))), Track("B", ()), Track("C", (Note(4, 60, 4),)))
    )

    assert score.n_steps == 9
    assert Score(()).n_steps == 0


def test_a_melody_has_a_note():
    with pytest.raises(InvalidMusic, match="at least one note"):
        Melody(())


@pytest.mark.parametrize("onset", [0, 3])
def test_a_melody_sounds_one_note_at_a_time(onset: int):
    with pytest.raises(InvalidMusic, match=f"the note at step {onset} begins before the one at step 0"):
        Melody((Note(0, 60, 4), Note(onset, 62, 4)))


def test_notes_of_a_melody_may_follow_each_other_without_a_gap():
    assert Melody((Note(0, 60, 4), Note(4, 62, 4))).n_steps == 8
