"""MusicXML, plain or zipped: what was notated in each part, as notes on a fine integer grid.

It reads what the chorales use: pitches, rests, chords, ties, backup and forward, changing divisions, pick-up
and split measures. Grace and cue notes are left out. Repeats and endings are not expanded: a piece is its
printed measures in order. It knows nothing of steps, MIDI or datasets.

Measures are aligned across parts: a measure is as long as its longest part, so a part that is notated too
short cannot slide against the others.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

TICKS_PER_QUARTER = 10_080  # divisible by every division that occurs, and by 2 to 10

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class UnreadableScore(ValueError):
    """A file that is not the MusicXML this module reads; the message says where it went wrong."""


@dataclass(frozen=True, slots=True, order=True)
class NotatedNote:
    """A note with its ties joined: onset and duration in ticks, MIDI pitch."""

    onset: int
    pitch: int
    duration: int

    @property
    def end(self) -> int:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class NotatedPart:
    """One staff of the score."""

    name: str
    notes: tuple[NotatedNote, ...]


@dataclass(frozen=True, slots=True)
class NotatedScore:
    """All parts, the measures' lengths in ticks, and the first key and meter.

    `fifths` counts sharps (flats below 0); `mode` is as encoded, empty when it is not.
    """

    parts: tuple[NotatedPart, ...]
    measures: tuple[int, ...]
    fifths: int
    mode: str
    beats: int
    beat_type: int

    @property
    def ticks_per_bar(self) -> int:
        return TICKS_PER_QUARTER * 4 * self.beats // self.beat_type


@dataclass(slots=True)
class _Measure:
    """One part's content of one measure; `ties` are (starts, stops) per note."""

    notes: list[NotatedNote] = field(default_factory=list)
    ties: list[tuple[bool, bool]] = field(default_factory=list)
    length: int = 0


def read_musicxml_file(path: Path) -> NotatedScore:
    """The score in an `.mxl` (zipped) or `.xml` file. Raises `UnreadableScore`, naming the file."""
    try:
        return read_musicxml(_unzip(path) if path.suffix == ".mxl" else path.read_bytes())
    except (UnreadableScore, zipfile.BadZipFile) as error:
        raise UnreadableScore(f"{path.name}: {error}") from error


def read_musicxml(data: bytes) -> NotatedScore:
    """The score in a MusicXML document. Raises `UnreadableScore`."""
    try:
        return _read_score(fromstring(data))  # noqa: S314  # files of an installed package, not of strangers
    except UnreadableScore:
        raise
    except (ParseError, KeyError, ValueError) as error:
        raise UnreadableScore(f"not the MusicXML that is read here: {error}") from error


def _unzip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = [
            name
            for name in archive.namelist()
            if not name.startswith("META-INF") and name.endswith((".xml", ".musicxml"))
        ]
        if len(names) != 1:
            raise UnreadableScore(f"{len(names)} scores in one archive")
        return archive.read(names[0])


def _read_score(root: Element) -> NotatedScore:
    if root.tag != "score-partwise":
        raise UnreadableScore(f"a {root.tag} document is not read")
    names = {part.get("id"): (part.findtext("part-name") or "").strip() for part in root.iter("score-part")}
    parts = [(names.get(part.get("id"), ""), _read_part(part)) for part in root.findall("part")]
    if not parts:
        raise UnreadableScore("there is no part")
    if len({len(measures) for _, measures in parts}) != 1:
        raise UnreadableScore("the parts have different numbers of measures")
    lengths = [max(measure.length for measure in row) for row in zip(*(m for _, m in parts), strict=True)]
    return NotatedScore(
        parts=tuple(NotatedPart(name, _join(measures, lengths)) for name, measures in parts),
        measures=tuple(lengths),
        fifths=int(root.findtext(".//key/fifths") or 0),
        mode=root.findtext(".//key/mode") or "",
        beats=int(root.findtext(".//time/beats") or 4),
        beat_type=int(root.findtext(".//time/beat-type") or 4),
    )


def _read_part(part: Element) -> list[_Measure]:
    ticks_per_division = TICKS_PER_QUARTER
    measures = []
    for element in part.findall("measure"):
        measure, ticks_per_division = _read_measure(element, ticks_per_division)
        measures.append(measure)
    return measures


def _read_measure(element: Element, ticks_per_division: int) -> tuple[_Measure, int]:
    measure = _Measure()
    now = onset = 0
    for child in element:
        if child.tag == "attributes":
            ticks_per_division = _ticks_per_division(child, ticks_per_division)
        elif child.tag in ("backup", "forward"):
            now += _duration(child, ticks_per_division) * (-1 if child.tag == "backup" else 1)
        elif child.tag == "note" and child.find("grace") is None and child.find("cue") is None:
            duration = _duration(child, ticks_per_division)
            if child.find("chord") is None:
                onset = now
                now += duration
            if child.find("pitch") is not None and duration > 0:
                kinds = {tie.get("type") for tie in child.findall("tie")}
                measure.notes.append(NotatedNote(onset, _pitch(child), duration))
                measure.ties.append(("start" in kinds, "stop" in kinds))
        measure.length = max(measure.length, now)
    return measure, ticks_per_division


def _ticks_per_division(attributes: Element, current: int) -> int:
    divisions = attributes.findtext("divisions")
    if divisions is None:
        return current
    if TICKS_PER_QUARTER % int(divisions):
        raise UnreadableScore(f"{divisions} divisions a quarter do not fit {TICKS_PER_QUARTER} ticks")
    return TICKS_PER_QUARTER // int(divisions)


def _duration(element: Element, ticks_per_division: int) -> int:
    return int(element.findtext("duration") or 0) * ticks_per_division


def _pitch(note: Element) -> int:
    step, octave = note.findtext("pitch/step"), note.findtext("pitch/octave")
    if step is None or octave is None:
        raise UnreadableScore("a pitch without step or octave")
    return 12 * (int(octave) + 1) + _SEMITONES[step] + int(note.findtext("pitch/alter") or 0)


def _join(measures: list[_Measure], lengths: list[int]) -> tuple[NotatedNote, ...]:
    """One part's notes in time, tied ones joined.

    A note that stops a tie prolongs the note at its pitch that asked for one and ends where it begins; a tie
    into nothing is a note of its own.
    """
    joined: list[NotatedNote] = []
    waiting: dict[int, int] = {}  # pitch -> index in `joined` of the note whose tie is open
    for note, starts, stops in _in_time(measures, lengths):
        index = waiting.pop(note.pitch, None) if stops else None
        if index is not None and joined[index].end == note.onset:
            earlier = joined[index]
            joined[index] = NotatedNote(earlier.onset, earlier.pitch, earlier.duration + note.duration)
        else:
            index = len(joined)
            joined.append(note)
        if starts:
            waiting[note.pitch] = index
    return tuple(sorted(joined))


def _in_time(measures: list[_Measure], lengths: list[int]) -> Iterator[tuple[NotatedNote, bool, bool]]:
    start = 0
    for measure, length in zip(measures, lengths, strict=True):
        moved = [NotatedNote(start + note.onset, note.pitch, note.duration) for note in measure.notes]
        for note, (starts, stops) in sorted(zip(moved, measure.ties, strict=True)):
            yield note, starts, stops
        start += length
