"""Small notated scores for tests."""

from __future__ import annotations

from corpus.musicxml import TICKS_PER_QUARTER, NotatedNote, NotatedPart, NotatedScore


def make_part(name: str, *notes: tuple[float, int, float]) -> NotatedPart:
    """A part from (onset, pitch, duration) in quarters."""
    return NotatedPart(
        name,
        tuple(
            NotatedNote(int(onset * TICKS_PER_QUARTER), pitch, int(duration * TICKS_PER_QUARTER))
            for onset, pitch, duration in notes
        ),
    )


def make_score(
    *parts: NotatedPart,
    measures: tuple[float, ...] = (4,),
    fifths: int = 0,
    mode: str = "major",
    beats: int = 4,
    beat_type: int = 4,
) -> NotatedScore:
    lengths = tuple(int(length * TICKS_PER_QUARTER) for length in measures)
    return NotatedScore(parts, lengths, fifths, mode, beats, beat_type)
