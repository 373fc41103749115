"""What the demo calls a result."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cli.errors import CliError
from cli.verification import verify
from music.score import Note


def with_track(score, index, notes):
    tracks = list(score.tracks)
    tracks[index] = replace(tracks[index], notes=tuple(notes))
    return replace(score, tracks=tuple(tracks))


def test_untouched_melody_with_three_voices_holds(four_voices, its_melody):
    assert [track.name for track in verify(four_voices, its_melody)] == ["Alto", "Tenor", "Bass"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda notes: [replace(notes[0], pitch=71), *notes[1:]], "note 1: .*pitch=72.* became .*pitch=71"),
        (lambda notes: [*notes[:-1], replace(notes[-1], duration=3)], "note 8: "),
        (lambda notes: [replace(notes[0], velocity=64), *notes[1:]], "note 1: .*velocity=64"),
        (lambda notes: notes[:-1], "8 notes were sent, 7 came back"),
        (lambda notes: [*notes, Note(32, 60, 4)], "8 notes were sent, 9 came back"),
    ],
)
def test_touched_melody_is_told_by_its_first_difference(four_voices, its_melody, change, sentence):
    touched = with_track(four_voices, 0, change(list(four_voices.tracks[0].notes)))

    with pytest.raises(CliError, match="did not come back untouched") as caught:
        verify(touched, its_melody)

    (line,) = caught.value.lines
    assert re.match(sentence, line)


def test_silent_voice_is_no_accompaniment(four_voices, its_melody):
    with pytest.raises(CliError, match="3 accompaniment tracks that play") as caught:
        verify(with_track(four_voices, 2, []), its_melody)

    assert caught.value.lines == ("Alto: 8 notes", "Tenor: 0 notes", "Bass: 8 notes")


def test_missing_voice_is_told(four_voices, its_melody):
    with pytest.raises(CliError, match="3 accompaniment tracks"):
        verify(replace(four_voices, tracks=four_voices.tracks[:3]), its_melody)


def test_empty_file_is_told(four_voices, its_melody):
    with pytest.raises(CliError, match="no tracks"):
        verify(replace(four_voices, tracks=()), its_melody)
