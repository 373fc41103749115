"""Notes, tracks, scores and melodies: the in-memory form that every other part of the music speaks.

Times are whole steps (sixteenths). Values are immutable and checked on construction, so that a `Note`
or `Melody` in hand is a legal one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STEPS_PER_BEAT = 4
N_PITCHES = 128
DRUM_CHANNEL = 9  # General MIDI's tenth channel, counted from 0


class InvalidMusic(ValueError):
    """Notes or a file that cannot be read as music. The message is fit for the person who sent it."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note: onset and duration in steps, MIDI pitch 0 to 127, velocity 1 to 127."""

    onset: int
    pitch: int
    duration: int
    velocity: int = 90

    def __post_init__(self) -> None:
        if self.onset < 0 or self.duration < 1:
            raise InvalidMusic(f"a note needs onset >= 0 and duration >= 1 step, got {self}")
        if not 0 <= self.pitch < N_PITCHES or not 1 <= self.velocity <= 127:
            raise InvalidMusic(f"a note needs pitch 0 to 127 and velocity 1 to 127, got {self}")

    @property
    def end(self) -> int:
        """The first step at which the note no longer sounds."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Track:
    """Named notes for one instrument; `program` is General MIDI's, 0 to 127."""

    name: str
    notes: tuple[Note, ...]
    program: int = 0
    is_drum: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """Tracks that sound together."""

    tracks: tuple[Track, ...]
    tempo_bpm: float = 100.0
    beats_per_bar: int = 4

    @property
    def n_steps(self) -> int:
        """Steps until the last note has ended; 0 for a score without notes."""
        return max((note.end for track in self.tracks for note in track.notes), default=0)


@dataclass(frozen=True, slots=True)
class Melody:
    """One line of notes, at most one sounding at a time, in order of onset."""

    notes: tuple[Note, ...]
    tempo_bpm: float = 100.0
    beats_per_bar: int = 4
    name: str = field(default="Melody")

    def __post_init__(self) -> None:
        if not self.notes:
            raise InvalidMusic("a melody needs at least one note")
        for earlier, later in zip(self.notes, self.notes[1:], strict=False):
            if later.onset < earlier.end:
                raise InvalidMusic(
                    f"a melody sounds one note at a time, but the note at step {later.onset} "
                    f"begins before the one at step {earlier.onset} has ended"
                )

    @property
    def n_steps(self) -> int:
        """Steps until the last note has ended."""
        return self.notes[-1].end
