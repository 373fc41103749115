"""Which chorales set the same tune: they must stay on one side of a split, or the test knows the answer.

Two pieces are of one group when they share a title, or when the soprano opens with the same intervals from
beat to beat (passing notes between beats and the key do not matter). Groups are the closure of that: rather
one too large than a tune on both sides.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise

from corpus.musicxml import TICKS_PER_QUARTER, NotatedNote

OPENING_INTERVALS = 7  # 8 pitches: a chorale's first line has about as many


def opening_intervals(soprano: Iterable[NotatedNote]) -> tuple[int, ...]:
    """Semitones between the pitches sounding on the first beats at which the soprano sounds."""
    pitches: list[int] = []
    for note in sorted(soprano):
        first_beat = -(-note.onset // TICKS_PER_QUARTER)
        beats_after = -(-note.end // TICKS_PER_QUARTER)
        pitches.extend([note.pitch] * (beats_after - first_beat))
    pitches = pitches[: OPENING_INTERVALS + 1]
    return tuple(later - earlier for earlier, later in pairwise(pitches))


def group_by_signs(signs: Mapping[str, Iterable[Hashable]]) -> dict[str, str]:
    """Each piece's group, named after its first piece; pieces that share a sign share a group."""
    order = {piece: number for number, piece in enumerate(signs)}
    parents = {piece: piece for piece in signs}

    def root(piece: str) -> str:
        while parents[piece] != piece:
            piece = parents[piece]
        return piece

    first_with: dict[Hashable, str] = {}
    for piece, its_signs in signs.items():
        for sign in its_signs:
            roots = root(first_with.setdefault(sign, piece)), root(piece)
            first, other = min(roots, key=order.__getitem__), max(roots, key=order.__getitem__)
            parents[other] = first
    return {piece: root(piece) for piece in signs}
