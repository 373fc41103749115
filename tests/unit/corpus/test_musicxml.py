"""The MusicXML reader, on small documents written out here."""

from __future__ import annotations

import pytest

from corpus.musicxml import TICKS_PER_QUARTER, NotatedScore, UnreadableScore, read_musicxml

Q = TICKS_PER_QUARTER
START = (
    "<attributes><divisions>2</divisions><key><fifths>-1</fifths><mode>minor</mode></key>"
    "<time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
)


def make_document(*parts: list[str]) -> bytes:
    """A score of parts named A, B, …, each given as the content of its measures."""
    names = [chr(65 + number) for number in range(len(parts))]
    listed = "".join(f'<score-part id="{name}"><part-name>{name}</part-name></score-part>' for name in names)
    bodies = "".join(
        f'<part id="{name}">{"".join(f"<measure>{measure}</measure>" for measure in measures)}</part>'
        for name, measures in zip(names, parts, strict=True)
    )
    return f"<score-partwise><part-list>{listed}</part-list>{bodies}</score-partwise>".encode()


def note(step: str, octave: int, duration: int, extra: str = "", alter: int = 0) -> str:
    pitch = f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
    return f"<note>{extra}{pitch}<duration>{duration}</duration></note>"


def rest(duration: int) -> str:
    return f"<note><rest/><duration>{duration}</duration></note>"


def notes_of(score: NotatedScore, part: int = 0) -> list[tuple[float, int, float]]:
    """Onset and duration in quarters."""
    return [(n.onset / Q, n.pitch, n.duration / Q) for n in score.parts[part].notes]


def test_notes_and_rests_follow_each_other_in_divisions_of_a_quarter():
    score = read_musicxml(make_document([START + note("C", 4, 2) + rest(1) + note("B", 3, 3, alter=-1)]))

    assert notes_of(score) == [(0.0, 60, 1.0), (1.5, 58, 1.5)]


def test_key_meter_and_names_are_read():
    score = read_musicxml(make_document([START + note("C", 4, 6)], [START + note("E", 3, 6)]))

    assert [part.name for part in score.parts] == ["A", "B"]
    assert (score.fifths, score.mode, score.beats, score.beat_type) == (-1, "minor", 3, 4)
    assert score.ticks_per_bar == 3 * Q


def test_divisions_may_change_on_the_way():
    finer = "<attributes><divisions>4</divisions></attributes>"

    score = read_musicxml(make_document([START + note("C", 4, 2) + finer + note("D", 4, 1)]))

    assert notes_of(score) == [(0.0, 60, 1.0), (1.0, 62, 0.25)]


def test_tied_notes_are_one_also_across_bar_lines():
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    measures = [
        START + rest(2) + note("C", 4, 4, start),
        note("C", 4, 6, stop + start),
        note("C", 4, 2, stop) + note("C", 4, 4),
    ]

    assert notes_of(read_musicxml(make_document(measures))) == [(1.0, 60, 6.0), (7.0, 60, 2.0)]


def test_a_tie_into_nothing_leaves_two_notes():
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    measure = START + note("C", 4, 2, start) + note("D", 4, 2) + note("C", 4, 2, stop)

    assert notes_of(read_musicxml(make_document([measure]))) == [
        (0.0, 60, 1.0), (1.0, 62, 1.0), (2.0, 60, 1.0),
    ]  # fmt: skip


def test_backup_and_forward_move_in_time():
    measure = (
        START + note("C", 5, 6) + "<backup><duration>6</duration></backup>"
        "<forward><duration>2</duration></forward>" + note("E", 4, 4)
    )

    assert notes_of(read_musicxml(make_document([measure]))) == [(0.0, 72, 3.0), (1.0, 64, 2.0)]


def test_notes_of_a_chord_begin_together():
    measure = START + note("C", 4, 4) + note("E", 4, 4, "<chord/>") + note("D", 4, 2)

    assert notes_of(read_musicxml(make_document([measure]))) == [
        (0.0, 60, 2.0), (0.0, 64, 2.0), (2.0, 62, 1.0),
    ]  # fmt: skip


def test_grace_and_cue_notes_take_no_time():
    measure = START + note("D", 4, 2, "<grace/>") + note("E", 4, 2, "<cue/>") + note("C", 4, 2)

    assert notes_of(read_musicxml(make_document([measure]))) == [(0.0, 60, 1.0)]


def test_a_part_notated_too_short_does_not_slide_against_the_others():
    long = [START + note("C", 5, 2), note("D", 5, 6), note("E", 5, 6)]
    short = [START + note("C", 4, 2), note("D", 4, 4), note("E", 4, 6)]

    score = read_musicxml(make_document(long, short))

    assert score.measures == (Q, 3 * Q, 3 * Q)
    assert notes_of(score, 1) == [(0.0, 60, 1.0), (1.0, 62, 2.0), (4.0, 64, 3.0)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<score-partwise>", "not the MusicXML that is read here"),
        (b"no document", "not the MusicXML that is read here"),
        (b"<score-timewise/>", "a score-timewise document is not read"),
        (b"<score-partwise/>", "there is no part"),
        (make_document([START], [START, START]), "different numbers of measures"),
        (make_document([START + "<note><pitch/><duration>1</duration></note>"]), "a pitch without step"),
        (make_document([START + note("H", 4, 1)]), "not the MusicXML that is read here: 'H'"),
        (make_document(["<attributes><divisions>11</divisions></attributes>"]), "11 divisions a quarter"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, reason: str):
    with pytest.raises(UnreadableScore, match=reason):
        read_musicxml(data)
