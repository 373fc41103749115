"""The MIDI codec: round trips, the rounding rule, and files from strangers."""

from __future__ import annotations

from io import BytesIO

import mido  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.midi import MAX_FILE_BYTES, MAX_STEPS, read_midi, write_midi
from music.score import InvalidMusic, Note, Score, Track

TWO_TRACKS = Score(
    (
        Track("Melody", (Note(0, 60, 4, 100), Note(4, 62, 2, 90)), program=0),
        Track("Bass", (Note(0, 36, 6, 80),), program=33),
    ),
    tempo_bpm=100.0,
    beats_per_bar=3,
)
TWO_TRACKS_HEX = (
    "4d546864 00000006 0001 0003 01e0"
    "4d54726b 00000013 00ff510309 27c0 00ff580403021808 00ff2f00"
    "4d54726b 00000023 00ff03064d656c6f6479 00c000 00903c64 8360803c00 00903e5a 8170803e00 00ff2f00"
    "4d54726b 00000018 00ff030442617373 00c121 00912450 8550812400 00ff2f00"
)


def make_file(*chunks: list[mido.Message], format_: int = 1, ticks_per_beat: int = 480) -> bytes:
    file = mido.MidiFile(type=format_, ticks_per_beat=ticks_per_beat)
    file.tracks.extend(mido.MidiTrack(chunk) for chunk in chunks)
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def on(pitch: int, time: int = 0, channel: int = 0, velocity: int = 90) -> mido.Message:
    return mido.Message("note_on", note=pitch, time=time, channel=channel, velocity=velocity)


def off(pitch: int, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def read_or_refuse(data: bytes) -> Score | None:
    """The score, or none where it is refused as it should be; anything else raised fails the test."""
    try:
        return read_midi(data)
    except InvalidMusic:
        return None


@st.composite
def voices(draw: st.DrawFn) -> tuple[Note, ...]:
    """Notes of one track; at each pitch none overlaps another."""
    notes = []
    for pitch in draw(st.sets(st.integers(0, 127), max_size=4)):
        now = 0
        for gap, duration in draw(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=4)):
            notes.append(Note(now + gap, pitch, duration, draw(st.integers(1, 127))))
            now += gap + duration
    return tuple(sorted(notes))


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda name: name.strip("\0 ") == name and name != ""
)
TRACKS = st.builds(Track, NAMES, voices(), st.integers(0, 127))
DRUMS = st.builds(Track, NAMES, voices(), st.integers(0, 127), st.just(True))
SCORES = st.builds(
    Score,
    st.lists(TRACKS | DRUMS, max_size=5).map(tuple),
    st.integers(20, 300).map(float),
    st.integers(2, 12),
)


def test_written_bytes_match_the_golden_file():
    assert write_midi(TWO_TRACKS) == bytes.fromhex(TWO_TRACKS_HEX)


def test_golden_file_reads_back():
    assert read_midi(bytes.fromhex(TWO_TRACKS_HEX)) == TWO_TRACKS


@given(SCORES)
@settings(deadline=None)
def test_what_is_written_reads_back_the_same(score: Score):
    assert read_midi(write_midi(score)) == score


@given(SCORES)
@settings(deadline=None)
def test_writing_twice_gives_the_same_bytes(score: Score):
    assert write_midi(score) == write_midi(score)


def test_channels_are_distinct_and_leave_the_drum_channel_to_drums():
    tracks = [Track(f"Track {number}", (Note(0, 60, 1),)) for number in range(15)]
    drums = Track("Drums", (Note(0, 36, 1),), is_drum=True)

    file = mido.MidiFile(file=BytesIO(write_midi(Score((*tracks, drums)))))

    channels = [next(m.channel for m in chunk if m.type == "note_on") for chunk in file.tracks[1:]]
    assert channels == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 9]


def test_a_sixteenth_track_is_refused():
    tracks = tuple(Track(f"Track {number}", ()) for number in range(16))

    with pytest.raises(InvalidMusic, match="at most 15 tracks besides drums"):
        write_midi(Score(tracks))


@pytest.mark.parametrize("tempo_bpm", [0.0, -1.0, 3.0, 1e9, float("nan")])
def test_a_tempo_that_midi_cannot_hold_is_refused(tempo_bpm: float):
    with pytest.raises(InvalidMusic, match="tempo must lie between"):
        write_midi(Score((), tempo_bpm=tempo_bpm))


def test_overlapping_notes_of_one_pitch_are_written_one_after_the_other():
    score = Score((Track("Melody", (Note(0, 60, 8), Note(2, 60, 2))),))

    track = read_midi(write_midi(score)).tracks[0]

    assert track.notes == (Note(0, 60, 2), Note(2, 60, 2))


def test_times_go_to_the_nearest_sixteenth():
    # 480 ticks a beat, 120 a step: 59 is nearer to 0, 60 goes up, 179 is nearer to 1, 180 goes up to 2.
    data = make_file([on(60, 59), off(60, 1), on(62, 119), off(62, 1)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 1), Note(1, 62, 1))


def test_triplets_fall_on_steps_0_1_and_3():
    triplet = [m for _ in range(3) for m in (on(60), off(60, 160))]

    notes = read_midi(make_file(triplet)).tracks[0].notes

    assert [(note.onset, note.duration) for note in notes] == [(0, 1), (1, 2), (3, 1)]


def test_a_note_lasts_at_least_one_step():
    assert read_midi(make_file([on(60), off(60, 3)])).tracks[0].notes == (Note(0, 60, 1),)


def test_note_on_at_velocity_0_ends_a_note():
    data = make_file([on(60), on(60, 480, velocity=0)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 4),)


def test_a_second_note_on_ends_the_earlier_note_of_its_pitch():
    data = make_file([on(60), on(60, 240), off(60, 240), off(60, 480)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 2), Note(2, 60, 6))


def test_a_repeated_note_whose_end_comes_after_the_next_begins_keeps_its_length():
    data = make_file([on(60), on(60, 480), off(60, 0), off(60, 480)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 4), Note(4, 60, 4))


def test_one_end_for_two_notes_of_a_pitch_ends_both():
    data = make_file([on(60), on(60, 240), off(60, 240), on(72, 480), off(72, 480)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 2), Note(2, 60, 2), Note(8, 72, 4))


def test_a_note_that_is_never_ended_lasts_to_the_end_of_its_chunk():
    data = make_file([on(60), on(72, 480), off(72, 480)])

    assert read_midi(data).tracks[0].notes == (Note(0, 60, 8), Note(4, 72, 4))


def test_format_0_is_split_by_channel():
    program = mido.Message("program_change", channel=1, program=33)
    drum = [on(36, channel=9), off(36, 120, channel=9)]
    data = make_file([program, on(60), on(40, channel=1), off(60, 480), off(40, channel=1), *drum], format_=0)

    tracks = read_midi(data).tracks

    assert [(track.name, track.program, track.is_drum) for track in tracks] == [
        ("Channel 2", 33, False),
        ("Channel 1", 0, False),
        ("Channel 10", 0, True),
    ]
    assert [track.notes[0].pitch for track in tracks] == [40, 60, 36]


def test_a_program_set_in_another_chunk_counts_for_its_channel():
    data = make_file([mido.Message("program_change", channel=3, program=40)], [on(60, channel=3)])

    assert [track.program for track in read_midi(data).tracks] == [40, 40]


def test_without_tempo_and_meter_the_standard_ones_hold():
    score = read_midi(make_file([on(60), off(60, 480)]))

    assert (score.tempo_bpm, score.beats_per_bar) == (120.0, 4)


def test_first_tempo_and_meter_count_whichever_chunk_they_lie_in():
    late = [mido.MetaMessage("set_tempo", tempo=300_000, time=480)]
    early = [
        mido.MetaMessage("set_tempo", tempo=600_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
    ]

    score = read_midi(make_file(late, early))

    assert (score.tempo_bpm, score.beats_per_bar) == (100.0, 3)


@pytest.mark.parametrize(
    ("numerator", "denominator", "beats"), [(3, 8, 3), (7, 8, 7), (2, 2, 4), (200, 4, 4)]
)
def test_a_bar_of_no_whole_number_of_beats_is_taken_twice(numerator: int, denominator: int, beats: int):
    meter = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)

    assert read_midi(make_file([meter])).beats_per_bar == beats


def test_a_key_signature_out_of_range_does_not_spoil_the_file():
    good = make_file([mido.MetaMessage("key_signature", key="C"), on(60), off(60, 480)])
    bad = good.replace(b"\xff\x59\x02\x00\x00", b"\xff\x59\x02\x63\x05")

    assert read_midi(bad).tracks[0].notes == (Note(0, 60, 4),)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin with MThd"),
        (b"RIFF and so on", "does not begin with MThd"),
        (b"MThd", "damaged: it ends too early"),
        (write_midi(TWO_TRACKS)[:-9], "damaged: it ends too early"),
        (make_file([on(60)], format_=2), "format 2"),
        (make_file([on(60)], ticks_per_beat=0), "not in beats"),
        (make_file([on(60)]).replace(b"\x01\xe0", b"\xe7\x28"), "not in beats"),
        (b"MThd" + bytes(MAX_FILE_BYTES), "larger than 1048576 bytes"),
        (make_file([on(60), off(60, 2**27)], ticks_per_beat=1), "longer than 4096 beats"),
        (make_file([on(60), off(60)] * 50_001), "more than 50000 notes"),
    ],
)
def test_an_unreadable_file_is_refused_with_a_reason(data: bytes, reason: str):
    with pytest.raises(InvalidMusic, match=reason):
        read_midi(data)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 90)
)
@settings(deadline=None, max_examples=300)
def test_damaged_bytes_give_a_score_or_invalid_music_and_nothing_else(
    changes: list[tuple[int, int]], length: int
):
    data = bytearray(write_midi(TWO_TRACKS))
    for position, value in changes:
        data[position % len(data)] = value
    data = data[: max(len(data) - length, 4)] if length % 2 else data

    score = read_or_refuse(bytes(data))

    assert score is None or read_midi(write_midi(score)).n_steps == score.n_steps


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=300)
def test_any_track_content_gives_a_score_or_invalid_music_and_nothing_else(content: bytes):
    header = bytes.fromhex("4d546864000000060001000100604d54726b") + len(content).to_bytes(4)

    score = read_or_refuse(header + content)

    assert score is None or score.n_steps <= MAX_STEPS
