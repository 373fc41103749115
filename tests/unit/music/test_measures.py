"""The measures, each against a value computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music import measures
from music.piano_roll import to_piano_roll
from music.score import InvalidMusic, Note, Score, Track

SILENT = np.zeros((4, 128, 2), dtype=np.bool_)


def make_roll(*tracks: list[Note]) -> np.ndarray:
    return to_piano_roll(
        Score(tuple(Track(str(number), tuple(notes)) for number, notes in enumerate(tracks)))
    )


def test_clash_counts_steps_where_any_two_voices_stand_a_semitone_apart():
    # Steps 0-3: C and B below; 4-7: C and G; 8-11: C alone.
    roll = make_roll([Note(0, 60, 12)], [Note(0, 47, 4), Note(4, 55, 4)])

    assert measures.semitone_clash(roll) == 4 / 8


def test_clash_among_accompanying_voices_counts():
    roll = make_roll([Note(0, 60, 4)], [Note(0, 64, 4)], [Note(0, 53, 1)])

    assert measures.semitone_clash(roll) == 1 / 4
    assert measures.melody_clash(roll[:, :, 0], roll[:, :, 1:]) == 0.0


def test_clash_looks_past_octaves_and_around_the_octave():
    assert measures.semitone_clash(make_roll([Note(0, 59, 1)], [Note(0, 84, 1)])) == 1.0
    assert measures.semitone_clash(make_roll([Note(0, 60, 1)], [Note(0, 62, 1)])) == 0.0
    assert measures.semitone_clash(make_roll([Note(0, 60, 1)], [Note(0, 48, 1)])) == 0.0


def test_two_voices_in_unison_sound_together():
    roll = make_roll([Note(0, 60, 2)], [Note(0, 60, 1), Note(1, 61, 1)])

    assert measures.semitone_clash(roll) == 1 / 2


def test_melody_clash_counts_steps_at_which_both_sound():
    # The melody's C meets C#, then E, then nothing.
    roll = make_roll([Note(0, 60, 6)], [Note(0, 49, 2), Note(2, 52, 2)])

    assert measures.melody_clash(roll[:, :, 0], roll[:, :, 1]) == 2 / 4


def test_scale_consistency_is_the_share_of_time_in_the_best_scale():
    # C D E F G A B fit C major; F# for two of sixteen steps does not. G major would lose F instead.
    notes = [Note(2 * step, pitch, 2) for step, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 66))]

    assert measures.scale_consistency(make_roll(notes)) == 14 / 16


def test_scale_consistency_knows_the_leading_note_of_minor():
    a_minor = [Note(step, pitch, 1) for step, pitch in enumerate((69, 71, 72, 74, 76, 77, 80))]

    assert measures.scale_consistency(make_roll(a_minor)) == 1.0


def test_scale_consistency_of_the_chromatic_scale_is_seven_twelfths():
    assert measures.scale_consistency(make_roll([Note(step, 60 + step, 1) for step in range(12)])) == 7 / 12


def test_crossing_counts_pairs_of_neighbouring_voices():
    # Step 0: 60 over 55 over 50. Step 1: the middle voice is above the first. Step 2: the last is silent.
    roll = make_roll([Note(0, 60, 3)], [Note(0, 55, 1), Note(1, 62, 1), Note(2, 55, 1)], [Note(0, 50, 2)])

    assert measures.voice_crossing(roll) == 1 / 5


def test_voices_in_unison_do_not_cross():
    assert measures.voice_crossing(make_roll([Note(0, 60, 2)], [Note(0, 60, 2)])) == 0.0


def test_empty_bars_counts_bars_in_which_nothing_sounds():
    roll = make_roll([Note(0, 60, 2)], [Note(9, 60, 1)])

    assert measures.empty_bars(roll[:, :, 0], 4) == 2 / 3
    assert measures.empty_bars(roll[:, :, 1], 4) == 2 / 3
    assert measures.empty_bars(roll[:, :, 0], 16) == 0.0


def test_silence_is_the_share_of_steps_without_a_note():
    assert measures.silence(make_roll([Note(0, 60, 1), Note(3, 60, 1)])[:, :, 0]) == 2 / 4


def test_polyphony_is_the_mean_over_sounding_steps():
    roll = make_roll([Note(0, 60, 2), Note(0, 64, 1), Note(4, 60, 1)])

    assert measures.polyphony(roll[:, :, 0]) == 4 / 3


def test_pitch_classes_are_counted_per_bar_with_empty_bars():
    # First bar C (twice, an octave apart) and E, second bar nothing, third bar (short) D.
    roll = make_roll([Note(0, 60, 1), Note(1, 72, 1), Note(2, 64, 1), Note(8, 62, 1)])

    assert measures.pitch_classes_per_bar(roll[:, :, 0], 4) == 3 / 3


def test_lengths_of_notes():
    notes = [Note(0, 60, 1), Note(1, 60, 2), Note(3, 60, 6)]

    assert measures.mean_note_steps(notes) == 3.0
    assert measures.sustained_notes(notes) == 2 / 3
    assert measures.notes_per_bar(notes, 18, 12) == 2.0


def test_music_with_nothing_in_it_has_stated_values():
    voice = SILENT[:, :, 0]

    assert measures.semitone_clash(SILENT) == 0.0
    assert measures.melody_clash(voice, SILENT) == 0.0
    assert measures.scale_consistency(SILENT) == 1.0
    assert measures.voice_crossing(SILENT) == 0.0
    assert measures.empty_bars(voice, 4) == 1.0
    assert measures.empty_bars(voice[:0], 4) == 0.0
    assert measures.silence(voice[:0]) == 0.0
    assert measures.polyphony(voice) == 0.0
    assert measures.pitch_classes_per_bar(voice[:0], 4) == 0.0
    assert measures.mean_note_steps([]) == 0.0
    assert measures.sustained_notes([]) == 0.0
    assert measures.notes_per_bar([], 0, 16) == 0.0


SCORE = Score(
    (
        Track("Soprano", (Note(0, 72, 4), Note(4, 71, 4))),
        Track("Bass", (Note(0, 60, 1), Note(1, 59, 7))),
        Track("Drums", (Note(0, 36, 1), Note(0, 37, 1)), is_drum=True),
    ),
    beats_per_bar=1,
)


def test_evaluate_names_the_measures_of_a_score_and_leaves_out_drums():
    assert measures.evaluate(SCORE, "Soprano") == {
        "semitone_clash": 3 / 8,
        "melody_clash": 3 / 8,
        "scale_consistency": 1.0,
        "voice_crossing": 0.0,
        "sustained_notes": 1 / 2,
    }


def test_evaluate_tracks_names_the_measures_of_each_voice():
    values = measures.evaluate_tracks(SCORE)

    assert list(values) == ["Soprano", "Bass"]
    assert values["Bass"] == {
        "empty_bars": 0.0,
        "silence": 0.0,
        "notes_per_bar": 1.0,
        "mean_note_steps": 4.0,
        "sustained_notes": 1 / 2,
        "polyphony": 1.0,
        "pitch_classes_per_bar": 3 / 2,
    }


def test_evaluate_of_an_empty_score_has_a_value_for_every_measure():
    empty = Score((Track("Soprano", ()), Track("Bass", ())))

    assert measures.evaluate(empty, "Soprano").keys() == measures.evaluate(SCORE, "Soprano").keys()
    assert measures.evaluate_tracks(empty)["Bass"].keys() == measures.evaluate_tracks(SCORE)["Bass"].keys()


def test_evaluate_refuses_a_melody_that_is_not_there():
    with pytest.raises(InvalidMusic, match="no track named 'Oboe'"):
        measures.evaluate(SCORE, "Oboe")


NOTES = st.lists(st.builds(Note, st.integers(0, 20), st.integers(24, 90), st.integers(1, 8)), max_size=8)


@given(st.lists(NOTES, min_size=2, max_size=4), st.integers(1, 12))
def test_moving_everything_by_a_semitone_changes_no_measure_of_harmony(voices: list[list[Note]], shift: int):
    moved = [[Note(n.onset, n.pitch + shift, n.duration) for n in notes] for notes in voices]
    before, after = make_roll(*voices), make_roll(*moved)

    assert measures.semitone_clash(after) == measures.semitone_clash(before)
    assert measures.scale_consistency(after) == pytest.approx(measures.scale_consistency(before))
    assert measures.voice_crossing(after) == measures.voice_crossing(before)
