"""A notated chorale on the grid of sixteenths."""

from __future__ import annotations

from typing import Any

from corpus.bach import VOICES, to_score
from corpus.musicxml import NotatedNote, NotatedPart, NotatedScore
from music.score import Note
from tests.unit.corpus.builders import make_part, make_score


def make_chorale(*soprano: tuple[float, int, float], **how: Any) -> NotatedScore:
    others = [make_part(name, (0, 48, 4)) for name in VOICES[1:]]
    return make_score(make_part("Soprano", *soprano), *others, **how)


def soprano_of(score: NotatedScore) -> list[tuple[int, int, int]]:
    return [(note.onset, note.pitch, note.duration) for note in to_score(score).tracks[0].notes]


def test_a_quarter_is_four_steps_and_the_voices_keep_their_names():
    score = to_score(make_chorale((0, 72, 1), (1, 74, 0.5)))

    assert tuple(track.name for track in score.tracks) == VOICES
    assert score.tracks[0].notes == (Note(0, 72, 4), Note(4, 74, 2))
    assert score.beats_per_bar == 4


def test_a_pick_up_begins_late_in_its_bar():
    assert soprano_of(make_chorale((0, 72, 1), (1, 74, 4), measures=(1, 4))) == [(12, 72, 4), (16, 74, 16)]


def test_a_bar_of_three_halves_has_six_beats():
    assert to_score(make_chorale((0, 72, 6), measures=(6,), beats=3, beat_type=2)).beats_per_bar == 6


def test_notes_finer_than_a_sixteenth_go_to_the_nearest_step():
    # A dotted sixteenth and a 32nd: the 32nd's onset, 1.5 steps in, goes up.
    assert soprano_of(make_chorale((0, 72, 0.375), (0.375, 74, 0.125), (0.5, 76, 0.5))) == [
        (0, 72, 2), (2, 76, 2),
    ]  # fmt: skip


def test_of_finer_notes_on_one_step_the_longest_stays_and_ends_where_the_next_begins():
    assert soprano_of(make_chorale((0, 72, 0.25), (0.25, 74, 0.06), (0.31, 76, 0.19), (0.5, 77, 0.5))) == [
        (0, 72, 1), (1, 76, 1), (2, 77, 2),
    ]  # fmt: skip


def test_every_voice_stays_one_line_whatever_is_notated():
    notes = tuple(NotatedNote(onset * 700, 60 + onset % 5, 2000) for onset in range(40))
    parts = [NotatedPart(name, notes) for name in VOICES]

    for track in to_score(make_score(*parts, measures=(4, 4))).tracks:
        assert all(a.end <= b.onset for a, b in zip(track.notes, track.notes[1:], strict=False))
