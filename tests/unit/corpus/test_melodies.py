"""The sample melodies: they add up, they are singable, and the tunes are the tunes."""

from __future__ import annotations

import pytest

from contract.melody import MelodyList, SampleMelody
from corpus.melodies import TUNES, Tune, sample_melodies, to_sample
from music.score import STEPS_PER_BEAT, Melody, Note

EACH_TUNE = pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.melody_id)
TONICS = {"G": 7, "A": 9, "C": 0, "F": 5}


def bar_steps(tune: Tune) -> list[int]:
    """The steps that each written bar holds, counted here apart from the reader."""
    beats = [[float(token.partition(":")[2] or 1) for token in bar.split()] for bar in tune.text.split("|")]
    return [int(sum(bar) * STEPS_PER_BEAT) for bar in beats]


@EACH_TUNE
def test_every_bar_adds_up_to_its_meter(tune: Tune):
    full = tune.beats_per_bar * STEPS_PER_BEAT
    first, *inner, last = bar_steps(tune)

    assert set(inner) == {full}
    assert (first, last) == (full, full) or first + last == full


@EACH_TUNE
def test_a_tune_has_four_bars_or_more(tune: Tune):
    assert sum(bar_steps(tune)) >= 4 * tune.beats_per_bar * STEPS_PER_BEAT


@EACH_TUNE
def test_a_tune_is_one_line_within_a_soprano_voice(tune: Tune):
    sample = to_sample(tune)
    notes = tuple(Note(n.onset_steps, n.pitch, n.duration_steps) for n in sample.melody.notes)

    melody = Melody(notes, sample.melody.tempo_bpm, sample.melody.beats_per_bar)

    assert all(60 <= note.pitch <= 79 for note in melody.notes)


@EACH_TUNE
def test_a_tune_ends_on_its_tonic(tune: Tune):
    last = to_sample(tune).melody.notes[-1]

    assert last.pitch % 12 == TONICS[tune.key.split()[0]]


def test_ids_are_unique_and_the_well_known_ones_are_there():
    ids = [tune.melody_id for tune in TUNES]

    assert len(set(ids)) == len(ids) >= 10
    assert {"twinkle", "mary", "ode-to-joy", "frere-jacques", "greensleeves"} <= set(ids)


def test_melodies_travel_as_the_contract_says():
    melodies = MelodyList(items=sample_melodies())

    assert MelodyList.model_validate_json(melodies.to_json()) == melodies


def degrees(sample: SampleMelody, n_notes: int) -> str:
    """The first notes as degrees of the major scale, the way the tunes are taught."""
    tonic = TONICS[sample.key.split()[0]]
    names = {0: "1", 2: "2", 4: "3", 5: "4", 7: "5", 9: "6", 11: "7"}
    return "".join(names[(note.pitch - tonic) % 12] for note in sample.melody.notes[:n_notes])


@pytest.mark.parametrize(
    ("melody_id", "opening"),
    [
        ("twinkle", "11556654433221"),
        ("mary", "3212333222355"),
        ("ode-to-joy", "334554321123322"),
        ("frere-jacques", "12311231345345"),
        ("london-bridge", "5654345234345"),
        ("au-clair-de-la-lune", "11123213221"),
        ("jingle-bells", "33333335123"),
        ("when-the-saints", "1345134513453132"),
        ("old-macdonald", "11156653322151"),
        ("row-your-boat", "1112332345"),
        ("amazing-grace", "513132165"),
        ("auld-lang-syne", "5111321231135"),
        ("old-hundredth", "11765123333214"),
    ],
)
def test_the_tune_opens_as_it_is_known(melody_id: str, opening: str):
    sample = next(sample for sample in sample_melodies() if sample.melody_id == melody_id)

    assert degrees(sample, len(opening)) == opening
