"""The demo's own check of its result: the melody came back note for note, with three voices that play."""

from __future__ import annotations

from cli.errors import CliError
from contract.melody import MelodyBody
from music.score import Note, Score, Track

N_ACCOMPANIMENT_TRACKS = 3


def verify(score: Score, melody: MelodyBody) -> list[Track]:
    """The accompaniment tracks. Raises `CliError` when the result is not what was asked for."""
    if not score.tracks:
        raise CliError("The composition has no tracks.")
    first, *others = score.tracks
    asked = [Note(n.onset_steps, n.pitch, n.duration_steps, n.velocity) for n in melody.notes]
    wrong = first_difference(asked, list(first.notes))
    if wrong is not None:
        raise CliError("The melody did not come back untouched.", lines=[wrong])
    playing = [track for track in others if track.notes]
    if len(playing) != N_ACCOMPANIMENT_TRACKS or len(others) != N_ACCOMPANIMENT_TRACKS:
        raise CliError(
            f"The composition should have {N_ACCOMPANIMENT_TRACKS} accompaniment tracks that play.",
            lines=[f"{track.name}: {len(track.notes)} notes" for track in others] or ["it has none"],
        )
    return playing


def first_difference(asked: list[Note], received: list[Note]) -> str | None:
    """Where two melodies part, in a sentence; none when they are the same."""
    asked, received = sorted(asked), sorted(received)
    for number, (one, other) in enumerate(zip(asked, received, strict=False), start=1):
        if one != other:
            return f"note {number}: {one} became {other}"
    if len(asked) != len(received):
        return f"{len(asked)} notes were sent, {len(received)} came back"
    return None
