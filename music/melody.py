"""The melody within a score: which track carries it, and how a track becomes one line.

Both are rules that can be stated in a sentence, so that a person can tell why their file was heard as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from music.score import InvalidMusic, Melody, Note, Score, Track

MELODY_NAMES = ("melody", "lead", "soprano", "solo")
NEARLY_MONOPHONIC = 0.9  # share of a track's notes that begin while no other note of it sounds


def to_melody(score: Score, track: str | None = None) -> Melody:
    """The melody of a score: the named track, or the one that `find_melody_track` picks, as its top line.

    Raises `InvalidMusic` when no track (or not the named one) has notes. Drums are never a melody.
    """
    chosen = find_melody_track(score) if track is None else _named(score, track)
    return Melody(top_line(chosen.notes), score.tempo_bpm, score.beats_per_bar, chosen.name)


def to_score(melody: Melody, accompaniment: Sequence[Track] = (), program: int = 0) -> Score:
    """The melody, untouched, as the first track, with the accompaniment after it."""
    first = Track(melody.name, melody.notes, program)
    return Score((first, *accompaniment), melody.tempo_bpm, melody.beats_per_bar)


def find_melody_track(score: Score) -> Track:
    """The track that carries the melody.

    The only one with notes; else the first whose name holds melody, lead, soprano or solo; else, of those
    that are nearly monophonic (or of all when none is), the one whose notes lie highest on average.
    Raises `InvalidMusic` when no track has notes.
    """
    candidates = [track for track in score.tracks if track.notes and not track.is_drum]
    if not candidates:
        raise InvalidMusic("there is no melody: no track besides drums has a note")
    named = [track for track in candidates if any(word in track.name.casefold() for word in MELODY_NAMES)]
    if named:
        return named[0]
    single = [track for track in candidates if _monophonic_share(track.notes) >= NEARLY_MONOPHONIC]
    return max(single or candidates, key=lambda track: fmean(note.pitch for note in track.notes))


def top_line(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The highest line through the notes, one at a time (the *skyline*).

    Of notes that begin together the highest stays, the longest of equals. A higher note cuts the one that
    sounds. A lower note that begins under a sounding one is dropped, unless more than half of it sounds
    after that one has ended: then it is the next note of the line, played legato, and cuts the earlier one.
    """
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch, -note.duration)):
        if line and note.onset < line[-1].end:
            sounding = line[-1]
            lies_under = note.pitch <= sounding.pitch and 2 * (sounding.end - note.onset) >= note.duration
            if note.onset == sounding.onset or lies_under:
                continue
            line[-1] = Note(sounding.onset, sounding.pitch, note.onset - sounding.onset, sounding.velocity)
        line.append(note)
    return tuple(line)


def _named(score: Score, name: str) -> Track:
    for track in score.tracks:
        if track.name.casefold() == name.casefold() and track.notes and not track.is_drum:
            return track
    raise InvalidMusic(f"there is no track named {name!r} with notes")


def _monophonic_share(notes: Sequence[Note]) -> float:
    latest_end, alone = 0, 0
    for note in sorted(notes):
        alone += note.onset >= latest_end
        latest_end = max(latest_end, note.end)
    return alone / len(notes)
