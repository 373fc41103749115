"""The piano roll: read from the figure itself, not from its pixels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

from cli.piano_roll import MELODY_COLOUR, draw_piano_roll, note_name, save_figure
from music.score import Note, Score, Track


def notes_of(axes, colour=None):
    boxes = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    return [box for box in boxes if colour is None or to_hex(box.get_facecolor()) == colour]


def test_every_note_of_every_voice_is_drawn(four_voices):
    (axes,) = draw_piano_roll(four_voices, "Title").axes

    assert len(notes_of(axes)) == 32


def test_melody_has_its_own_colour_and_lies_in_front(four_voices):
    (axes,) = draw_piano_roll(four_voices, "Title").axes

    melody = notes_of(axes, MELODY_COLOUR)
    others = [box for box in notes_of(axes) if box not in melody]
    assert len(melody) == 8
    assert min(box.get_zorder() for box in melody) > max(box.get_zorder() for box in others)


def test_notes_lie_at_their_step_and_pitch():
    score = Score((Track("Melody", (Note(6, 60, 4),)),))

    (axes,) = draw_piano_roll(score, "Title").axes

    (box,) = notes_of(axes)
    assert box.get_x() == pytest.approx(6, abs=0.2)
    assert box.get_x() + box.get_width() == pytest.approx(10, abs=0.2)
    assert box.get_y() + box.get_height() / 2 == pytest.approx(60)


def test_time_axis_counts_bars_and_marks_their_lines(four_voices):
    (axes,) = draw_piano_roll(four_voices, "Title").axes

    strong = [np.asarray(line.get_xdata())[0] for line in axes.lines if line.get_linewidth() > 1]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]
    assert list(axes.get_xticks()) == [0, 16]
    assert strong == [0, 16, 32]
    assert axes.get_xlabel() == "bar"


def test_bars_follow_the_meter():
    score = Score((Track("Melody", (Note(0, 60, 24),)),), beats_per_bar=3)

    (axes,) = draw_piano_roll(score, "Title").axes

    assert list(axes.get_xticks()) == [0, 12]


def test_pitch_axis_has_note_names_that_cover_the_score(four_voices):
    (axes,) = draw_piano_roll(four_voices, "Title").axes

    low, high = axes.get_ylim()
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert low < 48
    assert high > 74
    assert {"C3", "C4", "C5"} <= set(names)


def test_legend_names_the_tracks_and_says_which_is_the_melody(four_voices):
    figure = draw_piano_roll(four_voices, "Title")

    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["Soprano (melody)", "Alto", "Tenor", "Bass"]


def test_long_scores_break_into_systems_of_equal_width():
    score = Score((Track("Melody", (Note(0, 60, 8), Note(30 * 16, 60, 8))),))

    systems = draw_piano_roll(score, "Title").axes

    assert [axes.get_xticks()[0] for axes in systems] == [0, 16 * 16]
    assert {axes.get_xlim()[1] - axes.get_xlim()[0] for axes in systems} == {256}
    assert [len(notes_of(axes)) for axes in systems] == [1, 1]


def test_note_across_a_system_break_shows_in_both():
    score = Score((Track("Melody", (Note(0, 60, 18 * 16),)),))

    systems = draw_piano_roll(score, "Title").axes

    assert [len(notes_of(axes)) for axes in systems] == [1, 1]


def test_drums_are_left_out():
    drums = Track("Drums", (Note(0, 36, 1),), is_drum=True)

    figure = draw_piano_roll(Score((Track("Melody", (Note(0, 60, 4),)), drums)), "Title")

    assert len(notes_of(figure.axes[0])) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Melody"]


def test_empty_score_is_one_empty_bar():
    figure = draw_piano_roll(Score(()), "Title")

    assert figure.axes[0].get_xlim() == (0, 16)


def test_saved_picture_is_a_png_of_plausible_size(four_voices, tmp_path):
    path = tmp_path / "roll.png"

    save_figure(draw_piano_roll(four_voices, "Title"), path)

    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) >= 1200
    assert len(data) > 10_000


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (61, "C♯4"), (0, "C-1"), (127, "G9"), (70, "B♭4")])
def test_note_names(pitch, name):
    assert note_name(pitch) == name
