"""Standard MIDI files: `Score` to bytes and back.

Formats 0 and 1 are read, format 1 is written. Times are rounded to the grid of sixteenths here and nowhere
else. Files come from strangers: whatever cannot be read raises `InvalidMusic` with a sentence for the person
who sent it, and nothing that was read can make a later step allocate more than `MAX_STEPS`.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO

import mido  # type: ignore[import-untyped]  # mido ships no types

from music.melody import to_melody, to_score
from music.score import DRUM_CHANNEL, STEPS_PER_BEAT, InvalidMusic, Note, Score, Track

__all__ = ["read_midi", "to_melody", "to_score", "write_midi"]

TICKS_PER_BEAT = 480
MAX_FILE_BYTES = 1024 * 1024
MAX_STEPS = 16_384  # 1,024 bars of four beats
MAX_NOTES = 50_000
MAX_BEATS_PER_BAR = 32
DEFAULT_TEMPO_BPM = 120.0  # what the MIDI standard means by a file that names none
TEMPO_RANGE_BPM = (4.0, 1000.0)  # three bytes of microseconds per beat end at 3.6

_N_CHANNELS = 16
# What mido raises on broken files: its own ValueError kinds, and whatever its parser stumbles into.
_MIDO_ERRORS = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, struct.error)
_KEY_SIGNATURE = re.compile(rb"\xff\x59\x02[\x00-\xff]{2}")
_C_MAJOR = b"\xff\x59\x02\x00\x00"


def write_midi(score: Score) -> bytes:
    """A format 1 file: first a conductor track with tempo and meter, then one named track per track.

    The same score always gives the same bytes. Raises `InvalidMusic` on more than 15 tracks that are not
    drums, and on a tempo outside `TEMPO_RANGE_BPM`.
    """
    if not TEMPO_RANGE_BPM[0] <= score.tempo_bpm <= TEMPO_RANGE_BPM[1]:
        raise InvalidMusic(f"the tempo must lie between 4 and 1000 beats a minute, got {score.tempo_bpm}")
    conductor = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(score.tempo_bpm)),
            mido.MetaMessage("time_signature", numerator=score.beats_per_bar, denominator=4),
        ]
    )
    channels = _assign_channels(score.tracks)
    tracks = [_to_chunk(track, channel) for track, channel in zip(score.tracks, channels, strict=True)]
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=[conductor, *tracks])
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def read_midi(data: bytes) -> Score:
    """The score in a standard MIDI file of format 0 or 1.

    Every channel that plays in a track chunk becomes a track of its own, in file order, so a format 0 file
    is split by channel. Onsets and ends go to the nearest sixteenth (halves upwards; a triplet's notes fall
    on steps 0, 1, 3 of a beat), and every note lasts at least one step. A note-on at velocity 0 ends a note.
    A second note-on at a pitch that already sounds ends the earlier note there. A note that is never ended
    lasts to the last end at its pitch, or to the end of its chunk. Tempo and meter are the first ones in the
    file, 120 and 4/4 without any; a bar that is no whole number of quarters is taken twice (3/8 as 3 beats).

    Raises `InvalidMusic` when the file is broken, too large, or no music of this kind.

    A known limit of mido 1.3.3: the time before a meta event of a kind that it does not know is lost.
    """
    file = _parse(data)
    parts = [part for index, chunk in enumerate(file.tracks) for part in _read_chunk(chunk, index)]
    if sum(len(part.notes) for part in parts) > MAX_NOTES:
        raise InvalidMusic(f"the MIDI file has more than {MAX_NOTES} notes")
    programs = {part.channel: part.program for part in reversed(parts) if part.program is not None}
    tracks = tuple(_to_track(part, file.ticks_per_beat, programs.get(part.channel, 0)) for part in parts)
    score = Score(tracks, _first_tempo(file.tracks), _first_beats_per_bar(file.tracks))
    if score.n_steps > MAX_STEPS:
        raise InvalidMusic(f"the MIDI file is longer than {MAX_STEPS // STEPS_PER_BEAT} beats")
    return score


# Writing


def _assign_channels(tracks: Iterable[Track]) -> list[int]:
    free = iter(channel for channel in range(_N_CHANNELS) if channel != DRUM_CHANNEL)
    try:
        return [DRUM_CHANNEL if track.is_drum else next(free) for track in tracks]
    except StopIteration:
        raise InvalidMusic("a MIDI file holds at most 15 tracks besides drums") from None


def _to_chunk(track: Track, channel: int) -> mido.MidiTrack:
    # Offs before ons at the same tick, then by pitch: one order, whatever order the notes came in.
    events = []
    for note in _without_overlaps(track.notes):
        events.append((note.onset, 1, note.pitch, note.velocity))
        events.append((note.end, 0, note.pitch, 0))
    chunk = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name=_to_latin1(track.name)),
            mido.Message("program_change", channel=channel, program=track.program),
        ]
    )
    now = 0
    for step, is_on, pitch, velocity in sorted(events):
        chunk.append(
            mido.Message(
                "note_on" if is_on else "note_off",
                channel=channel,
                note=pitch,
                velocity=velocity,
                time=(step - now) * TICKS_PER_BEAT // STEPS_PER_BEAT,
            )
        )
        now = step
    return chunk


def _to_latin1(name: str) -> str:
    # mido writes Latin-1; its switch to another charset is a global that an exception leaves switched.
    return name.encode("utf-8").decode("latin-1")


def _from_latin1(name: str) -> str:
    try:
        return name.encode("latin-1").decode("utf-8").strip("\0 ")
    except UnicodeDecodeError:
        return name.strip("\0 ")


# Reading


@dataclass(slots=True)
class _Part:
    """What one channel plays in one chunk; notes are (onset, end, pitch, velocity) in ticks."""

    name: str
    channel: int
    program: int | None = None
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)


def _parse(data: bytes) -> mido.MidiFile:
    if len(data) > MAX_FILE_BYTES:
        raise InvalidMusic(f"the MIDI file is larger than {MAX_FILE_BYTES} bytes")
    if not data.startswith(b"MThd"):
        raise InvalidMusic("this is not a standard MIDI file: it does not begin with MThd")
    try:
        file = _parse_leniently(data)
    except _MIDO_ERRORS as error:
        reason = str(error) or "it ends too early"
        raise InvalidMusic(f"the MIDI file is damaged: {reason}") from error
    if file.type not in (0, 1):
        raise InvalidMusic(f"MIDI files of format 0 and 1 are read, this one has format {file.type}")
    if file.ticks_per_beat <= 0:
        raise InvalidMusic("the MIDI file counts time in film frames or not at all, not in beats")
    return file


def _parse_leniently(data: bytes) -> mido.MidiFile:
    # mido refuses a whole file for one key signature out of range; keys are not read here at all.
    try:
        return mido.MidiFile(file=BytesIO(data), clip=True)
    except mido.KeySignatureError:
        return mido.MidiFile(file=BytesIO(_KEY_SIGNATURE.sub(_C_MAJOR, data)), clip=True)


def _read_chunk(chunk: mido.MidiTrack, index: int) -> list[_Part]:
    """The parts of a chunk by channel; a channel counts when it plays or is given a program."""
    name = next((_from_latin1(message.name) for message in chunk if message.type == "track_name"), "")
    parts: dict[int, _Part] = {}
    sounding: dict[tuple[int, int], deque[tuple[int, int]]] = {}
    last_end: dict[tuple[int, int], int] = {}
    now = 0
    for message in chunk:
        now += message.time
        if message.type not in ("note_on", "note_off", "program_change"):
            continue
        part = parts.setdefault(message.channel, _Part(name, message.channel))
        if message.type == "program_change":
            part.program = message.program if part.program is None else part.program
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding.setdefault(key, deque()).append((now, message.velocity))
        elif sounding.get(key):
            onset, velocity = sounding[key].popleft()
            part.notes.append((onset, now, message.note, velocity))
            last_end[key] = now
    for (channel, pitch), open_notes in sounding.items():
        for onset, velocity in open_notes:
            end = last_end.get((channel, pitch), now)
            parts[channel].notes.append((onset, end if end > onset else now, pitch, velocity))
    for number, part in enumerate(parts.values()):
        part.name = _part_name(name, index, number, part.channel, len(parts))
    return list(parts.values())


def _part_name(name: str, index: int, number: int, channel: int, n_parts: int) -> str:
    if n_parts > 1:
        return f"{name} {number + 1}" if name else f"Channel {channel + 1}"
    return name or f"Track {index + 1}"


def _to_track(part: _Part, ticks_per_beat: int, program: int) -> Track:
    notes = []
    for onset_ticks, end_ticks, pitch, velocity in part.notes:
        onset = _nearest_step(onset_ticks, ticks_per_beat)
        duration = max(1, _nearest_step(end_ticks, ticks_per_beat) - onset)
        notes.append(Note(onset, pitch, duration, velocity))
    return Track(
        name=part.name,
        notes=_without_overlaps(notes),
        program=program if part.program is None else part.program,
        is_drum=part.channel == DRUM_CHANNEL,
    )


def _nearest_step(ticks: int, ticks_per_beat: int) -> int:
    return (2 * ticks * STEPS_PER_BEAT + ticks_per_beat) // (2 * ticks_per_beat)


def _without_overlaps(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes in order of onset and pitch; at each pitch a note ends where the next one begins.

    Of notes that begin together at one pitch the longest stays.
    """
    kept: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.pitch, note.onset, note.duration)):
        if kept and kept[-1].pitch == note.pitch:
            earlier = kept[-1]
            if earlier.onset == note.onset:
                kept[-1] = note
                continue
            if earlier.end > note.onset:
                kept[-1] = Note(earlier.onset, earlier.pitch, note.onset - earlier.onset, earlier.velocity)
        kept.append(note)
    return tuple(sorted(kept))


def _first_tempo(chunks: Iterable[mido.MidiTrack]) -> float:
    tempi = [(ticks, message.tempo) for ticks, message in _timed(chunks, "set_tempo") if message.tempo > 0]
    if not tempi:
        return DEFAULT_TEMPO_BPM
    _, tempo = min(tempi)
    bpm: float = round(60_000_000 / tempo, 2)
    return min(max(bpm, TEMPO_RANGE_BPM[0]), TEMPO_RANGE_BPM[1])


def _first_beats_per_bar(chunks: Iterable[mido.MidiTrack]) -> int:
    meters = [
        (ticks, message.numerator, message.denominator)
        for ticks, message in _timed(chunks, "time_signature")
        if message.numerator > 0
    ]
    if not meters:
        return 4
    _, numerator, denominator = min(meters)
    beats = Fraction(4 * numerator, denominator).numerator
    return beats if beats <= MAX_BEATS_PER_BAR else 4


def _timed(chunks: Iterable[mido.MidiTrack], kind: str) -> Iterable[tuple[int, mido.MetaMessage]]:
    for chunk in chunks:
        now = 0
        for message in chunk:
            now += message.time
            if message.type == kind:
                yield now, message
