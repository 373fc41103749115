"""Filters, melodies, lists of models and curves."""

from __future__ import annotations

import pytest

from lambdas.domain.browsing import curve_after, list_models
from lambdas.domain.errors import InvalidRequest
from lambdas.domain.library import Melody, MelodyNote, select_pieces
from lambdas.domain.rows import SHARED_OWNER, PageRequest
from tests.unit.lambdas.builders import (
    OWNER,
    make_dataset,
    make_melody,
    make_model,
    make_pieces,
    make_records,
)
from tests.unit.lambdas.fakes import FakeRows


def test_piece_must_carry_every_tag_of_the_filter():
    chosen = select_pieces(make_pieces(), {"mode": "major", "meter": "4/4"})

    assert [piece.piece_id for piece in chosen] == ["bwv1", "bwv3"]


def test_filter_of_known_tags_is_accepted():
    assert make_dataset().check_filter({"mode": "minor", "meter": "4/4"}) == []


def test_unknown_tag_name_is_told_with_those_there_are():
    faults = make_dataset().check_filter({"m/ood~": "sad"})

    assert [fault.pointer for fault in faults] == ["/filterTags/m~1ood~0"]
    assert faults[0].detail == "the dataset has no tag 'm/ood~'; it has meter, mode"


def test_unknown_tag_value_is_told_with_those_there_are():
    faults = make_dataset().check_filter({"mode": "lydian"})

    assert faults[0].pointer == "/filterTags/mode"
    assert faults[0].detail == "no piece has mode 'lydian'; the values are major, minor"


def test_long_list_of_values_is_cut():
    dataset = make_dataset(tags={"key": {f"k{number:02d}": 1 for number in range(30)}})

    detail = dataset.check_filter({"key": "x"})[0].detail

    assert detail.endswith("k18, k19, …")


def test_melody_of_one_voice_is_whole():
    assert make_melody().check() == []


def test_notes_may_come_in_any_order():
    assert Melody((MelodyNote(67, 4, 8), MelodyNote(60, 0, 4))).check() == []


def test_each_overlapping_note_is_told_by_its_place_in_the_request():
    melody = Melody((MelodyNote(67, 4, 8), MelodyNote(60, 0, 5), MelodyNote(62, 12, 1)))

    assert [fault.pointer for fault in melody.check()] == ["/melody/notes/0"]


def make_models():
    own = [make_model(model_id=f"model-{number}") for number in range(3)]
    shared = [make_model(owner=SHARED_OWNER, model_id=f"model-s{number}") for number in range(2)]
    foreign = [make_model(owner="u-2", model_id="model-foreign")]
    return FakeRows(*own, *shared, *foreign)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_pages_of_any_size_list_own_models_then_shared_ones_each_once(size):
    models, seen, after = make_models(), [], None

    while True:
        page = list_models(models, OWNER, PageRequest(size, after))
        seen += [model.model_id for model in page.items]
        after = page.next_after
        if after is None:
            break

    assert seen == ["model-2", "model-1", "model-0", "model-s1", "model-s0"]


def test_place_in_another_list_is_refused():
    with pytest.raises(InvalidRequest) as caught:
        list_models(FakeRows(), OWNER, PageRequest(5, "job-1"))

    assert caught.value.faults[0].pointer == "/pageToken"


def test_curve_holds_only_what_is_new():
    curve = curve_after(make_records(), after=1, names=frozenset())

    assert [(point.seq, point.value.name) for point in curve.points] == [
        (2, "generator_loss"),
        (2, "mean_note_length"),
    ]
    assert curve.next_after == 2


def test_curve_tells_the_reference_whatever_is_new():
    curve = curve_after(make_records(), after=2, names=frozenset())

    assert curve.points == ()
    assert [value.name for value in curve.reference] == ["semitone_clash"]
    assert curve.next_after == 2


def test_curve_can_be_cut_to_names():
    curve = curve_after(make_records(), after=-1, names=frozenset({"generator_loss"}))

    assert [point.value.value for point in curve.points] == [1.5, 1.25]
    assert curve.reference == ()


def test_curve_of_nothing_stays_where_it_was():
    assert curve_after((), after=4, names=frozenset()).next_after == 4
