"""The piano roll as a picture: pitch over time, a colour per track, the melody in front.

Long scores break into systems of at most sixteen bars, as staves do. Drums are left out: their pitches are
instruments, not heights.
"""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from music.score import STEPS_PER_BEAT, Score, Track

MELODY_COLOUR = "#d1382a"
# By height, highest first; told apart by lightness too, for those who see few colours.
ACCOMPANIMENT_COLOURS = ("#5fb0e5", "#1f9e77", "#3b3f9e", "#b58900", "#8e5ea2", "#6b7280")
NOTE_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
INK, FAINT, KEY_SHADE = "#22262b", "#d5d9de", "#f4f5f7"

BARS_PER_SYSTEM = 16
INCHES_PER_BAR = 0.95
WIDTH_INCHES = (9.0, 15.5)
PITCH_MARGIN = 2
DPI = 150


def draw_piano_roll(score: Score, title: str, melody_track: int = 0) -> Figure:
    """A figure of every pitched track; `melody_track` is drawn in front. An empty score is one empty bar."""
    steps_per_bar = score.beats_per_bar * STEPS_PER_BEAT
    bars = max(1, math.ceil(score.n_steps / steps_per_bar))
    systems = math.ceil(bars / BARS_PER_SYSTEM)
    bars_each = math.ceil(bars / systems)
    low, high = _pitch_range(score)
    width = min(max(INCHES_PER_BAR * bars_each, WIDTH_INCHES[0]), WIDTH_INCHES[1])
    height = systems * max(2.8, (high - low) * 0.105) + 1.2
    figure = make_figure(width, height)
    rows = figure.subplots(systems, 1, squeeze=False)[:, 0]
    for number, axes in enumerate(rows):
        first = number * bars_each
        _draw_system(axes, score, melody_track, first, min(bars_each, bars - first), bars_each, (low, high))
    rows[-1].set_xlabel("bar")
    figure.suptitle(title, x=0.012, ha="left", fontsize=14, fontweight="bold", color=INK)
    _draw_legend(figure, score, melody_track)
    return figure


def make_figure(width: float, height: float) -> Figure:
    """An empty figure that draws to files and needs no display."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="png")


def note_name(pitch: int) -> str:
    """Scientific pitch notation: 60 is C4."""
    return f"{NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"


def track_colours(score: Score, melody_track: int) -> dict[int, str]:
    """A colour per pitched track, by its place in the score."""
    others = [n for n, track in enumerate(score.tracks) if n != melody_track and not track.is_drum]
    colours = {n: ACCOMPANIMENT_COLOURS[k % len(ACCOMPANIMENT_COLOURS)] for k, n in enumerate(others)}
    return {melody_track: MELODY_COLOUR} | colours


def _draw_system(
    axes: Axes, score: Score, melody_track: int, first: int, bars: int, width: int, pitches: tuple[int, int]
) -> None:
    steps_per_bar = score.beats_per_bar * STEPS_PER_BEAT
    start, end = first * steps_per_bar, (first + bars) * steps_per_bar
    low, high = pitches
    axes.set_xlim(start, start + width * steps_per_bar)
    axes.set_ylim(low - 0.5, high + 0.5)
    _draw_grid(axes, start, end, score.beats_per_bar, pitches)
    colours = track_colours(score, melody_track)
    for index in sorted(colours, key=lambda index: index == melody_track):  # the melody last, in front
        if index < len(score.tracks):
            _draw_track(axes, score.tracks[index], colours[index], index == melody_track, start, end)


def _draw_grid(axes: Axes, start: int, end: int, beats_per_bar: int, pitches: tuple[int, int]) -> None:
    low, high = pitches
    for pitch in range(low, high + 1):
        if pitch % 12 in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=KEY_SHADE, linewidth=0, zorder=0)
    steps_per_bar = beats_per_bar * STEPS_PER_BEAT
    for step in range(start, end + 1, STEPS_PER_BEAT):
        is_bar = step % steps_per_bar == 0
        axes.axvline(step, color="#8b929b" if is_bar else FAINT, linewidth=1.1 if is_bar else 0.5, zorder=1)
    bar_starts = list(range(start, end, steps_per_bar))
    axes.set_xticks(bar_starts, [str(step // steps_per_bar + 1) for step in bar_starts], ha="left")
    names = [pitch for pitch in range(low, high + 1) if pitch % 12 in (0, 4, 7, 9)]
    axes.set_yticks(names, [note_name(pitch) for pitch in names])
    axes.tick_params(length=0, labelsize=9, labelcolor="#555b63")
    for label, pitch in zip(axes.get_yticklabels(), names, strict=True):
        if pitch % 12 == 0:
            label.set_fontweight("bold")
            label.set_color(INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_track(axes: Axes, track: Track, colour: str, is_melody: bool, start: int, end: int) -> None:
    """Notes as rounded bars; the melody's are slimmer and outlined, so that a unison shows both."""
    height = 0.7 if is_melody else 0.94
    for note in track.notes:
        left, right = max(note.onset, start), min(note.end, end)
        if left >= right:
            continue
        axes.add_patch(
            FancyBboxPatch(
                (left + 0.12, note.pitch - height / 2),
                max(right - left - 0.24, 0.2),
                height,
                boxstyle="round,pad=0,rounding_size=0.22",
                facecolor=colour,
                edgecolor=INK if is_melody else "white",
                linewidth=1.1 if is_melody else 0.6,
                zorder=4 if is_melody else 3,
            )
        )


def _draw_legend(figure: Figure, score: Score, melody_track: int) -> None:
    colours = track_colours(score, melody_track)
    handles = [
        Patch(
            facecolor=colours[n],
            edgecolor=INK if n == melody_track else "white",
            label=_label(track, n == melody_track),
        )
        for n, track in enumerate(score.tracks)
        if n in colours
    ]
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower right",
            ncols=len(handles),
            frameon=False,
            fontsize=10,
            handlelength=1.2,
            columnspacing=1.4,
        )


def _label(track: Track, is_melody: bool) -> str:
    return f"{track.name} (melody)" if is_melody and track.name.casefold() != "melody" else track.name


def _pitch_range(score: Score) -> tuple[int, int]:
    pitches = [note.pitch for track in score.tracks if not track.is_drum for note in track.notes] or [60, 72]
    return max(0, min(pitches) - PITCH_MARGIN), min(127, max(pitches) + PITCH_MARGIN)
