"""Which track is the melody, and its top line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.melody import find_melody_track, to_melody, to_score, top_line
from music.score import InvalidMusic, Melody, Note, Score, Track

NOTES = st.lists(st.builds(Note, st.integers(0, 40), st.integers(0, 127), st.integers(1, 12)), max_size=20)


def make_track(name: str, *pitches: int, is_drum: bool = False) -> Track:
    notes = tuple(Note(4 * number, pitch, 4) for number, pitch in enumerate(pitches))
    return Track(name, notes, is_drum=is_drum)


CHORDS = Track("Chords", tuple(Note(0, pitch, 8) for pitch in (84, 88, 91)))


def test_the_only_track_with_notes_is_the_melody():
    score = Score((make_track("Empty"), make_track("Piano", 60), make_track("Drums", 40, is_drum=True)))

    assert find_melody_track(score).name == "Piano"


@pytest.mark.parametrize("name", ["Melody", "LEAD guitar", "soprano", "Violin solo"])
def test_a_track_named_as_melody_wins_over_higher_ones(name: str):
    score = Score((make_track("Flute", 90), make_track(name, 60)))

    assert find_melody_track(score).name == name


def test_without_a_name_the_highest_nearly_monophonic_track_wins():
    score = Score((make_track("One", 50), CHORDS, make_track("Two", 60, 62)))

    assert find_melody_track(score).name == "Two"


def test_where_every_track_plays_chords_the_highest_wins():
    low = Track("Low", (Note(0, 40, 4), Note(0, 43, 4)))

    assert find_melody_track(Score((low, CHORDS))).name == "Chords"


@pytest.mark.parametrize(
    "tracks", [(), (make_track("Empty"),), (make_track("Melody", 40, is_drum=True),)], ids=len
)
def test_a_score_without_pitched_notes_has_no_melody(tracks: tuple[Track, ...]):
    with pytest.raises(InvalidMusic, match="there is no melody"):
        to_melody(Score(tracks))


def test_the_named_track_is_taken_whatever_the_case():
    score = Score((make_track("Melody", 70), make_track("Bass", 40)), tempo_bpm=90.0, beats_per_bar=3)

    assert to_melody(score, "bass") == Melody((Note(0, 40, 4),), 90.0, 3, "Bass")


@pytest.mark.parametrize("name", ["Oboe", "Empty"])
def test_a_named_track_without_notes_is_refused(name: str):
    with pytest.raises(InvalidMusic, match=f"no track named '{name}' with notes"):
        to_melody(Score((make_track("Empty"), make_track("Bass", 40))), name)


def test_of_notes_that_begin_together_the_highest_stays():
    assert top_line([Note(0, 60, 4), Note(0, 67, 4), Note(0, 67, 2), Note(0, 64, 8)]) == (Note(0, 67, 4),)


def test_a_higher_note_cuts_the_one_that_sounds():
    assert top_line([Note(0, 60, 8), Note(4, 64, 8)]) == (Note(0, 60, 4), Note(4, 64, 8))


def test_a_lower_note_under_a_sounding_one_is_dropped():
    assert top_line([Note(0, 72, 8), Note(2, 60, 4), Note(8, 71, 4)]) == (Note(0, 72, 8), Note(8, 71, 4))


def test_a_lower_note_that_overlaps_by_less_than_half_is_the_next_of_the_line():
    assert top_line([Note(0, 72, 5), Note(4, 60, 4)]) == (Note(0, 72, 4), Note(4, 60, 4))


@given(NOTES)
def test_a_top_line_is_one_line_within_the_notes_it_came_from(notes: list[Note]):
    line = top_line(notes)

    assert all(earlier.end <= later.onset for earlier, later in pairwise(line))
    assert {(note.onset, note.pitch) for note in line} <= {(note.onset, note.pitch) for note in notes}
    assert bool(line) == bool(notes)


@given(NOTES)
def test_a_top_line_is_its_own_top_line(notes: list[Note]):
    line = top_line(notes)

    assert top_line(line) == line


def test_a_melody_leads_the_score_it_is_given_to():
    melody = Melody((Note(0, 60, 4),), 90.0, 3, "Tune")
    bass = make_track("Bass", 40)

    score = to_score(melody, [bass], program=73)

    assert score == Score((Track("Tune", melody.notes, 73), bass), 90.0, 3)
    assert to_melody(score, "Tune") == melody
