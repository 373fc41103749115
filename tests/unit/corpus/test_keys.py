"""The key of a notated piece."""

from __future__ import annotations

import pytest

from corpus.keys import find_key
from tests.unit.corpus.builders import make_part, make_score

D_MINOR = [62, 65, 69, 62, 64, 65, 67, 69, 70, 69, 61, 62]  # with B flat and C sharp
A_MINOR = [69, 72, 76, 69, 71, 72, 74, 76, 77, 76, 68, 69]


def make_piece(pitches: list[int], last_bass: int, fifths: int, mode: str):
    soprano = make_part("Soprano", *((onset, pitch, 1) for onset, pitch in enumerate(pitches)))
    return make_score(soprano, make_part("Bass", (0, last_bass, 1)), fifths=fifths, mode=mode)


@pytest.mark.parametrize(
    ("fifths", "mode", "last_bass", "name"),
    [(0, "major", 48, "C major"), (0, "minor", 45, "A minor"), (-2, "major", 46, "Bb major"),
     (3, "minor", 54, "F# minor"), (-4, "major", 44, "Ab major"), (4, "minor", 49, "C# minor")],
)  # fmt: skip
def test_the_encoded_key_holds_where_the_piece_ends_on_its_tonic(
    fifths: int, mode: str, last_bass: int, name: str
):
    assert find_key(make_piece(D_MINOR, last_bass, fifths, mode)).name == name


def test_a_piece_in_d_notated_without_a_flat_is_d_minor():
    assert find_key(make_piece(D_MINOR, last_bass=50, fifths=0, mode="minor")).name == "D minor"


def test_a_piece_that_ends_on_the_dominant_keeps_its_key():
    assert find_key(make_piece(A_MINOR, last_bass=52, fifths=0, mode="minor")).name == "A minor"
