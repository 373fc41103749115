"""Training as a picture: a panel per loss and per measure over epochs, the training set's own value dashed.

A measure that is taken per voice has a line per voice in its panel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cli.piano_roll import ACCOMPANIMENT_COLOURS, FAINT, INK, make_figure
from contract.metrics import CRITIC_LOSS, GENERATOR_LOSS, MetricPoint, MetricValue

WHOLE_COLOUR = "#22262b"
LOSS_COLOUR = "#d1382a"
COLUMNS = 3
SMALLEST_SPAN = 0.1
DASHED = (0, (5, 3))

Curve = list[tuple[int, float]]
Curves = dict[str, dict[str | None, Curve]]  # name -> track -> points


def to_curves(points: Iterable[MetricPoint]) -> Curves:
    """Points by name and track, in order of epoch; losses first, then measures by name."""
    curves: Curves = {}
    for point in points:
        curves.setdefault(point.name, {}).setdefault(point.track, []).append((point.epoch, point.value))
    ordered = sorted(curves, key=lambda name: _place(name))
    return {name: {track: sorted(curve) for track, curve in curves[name].items()} for name in ordered}


def _place(name: str) -> tuple[bool, int, str]:
    first = (GENERATOR_LOSS, CRITIC_LOSS)
    return not is_loss(name), first.index(name) if name in first else len(first), name


def is_loss(name: str) -> bool:
    return name.endswith("_loss")


def draw_training_curves(
    points: Iterable[MetricPoint], reference: Sequence[MetricValue], title: str
) -> Figure:
    """A figure with a panel per name. Without points it says so."""
    curves = to_curves(points)
    columns = min(COLUMNS, max(1, len(curves)))
    rows = max(1, math.ceil(len(curves) / columns))
    figure = make_figure(4.3 * columns, 2.6 * rows + 0.7)
    figure.suptitle(title, x=0.012, ha="left", fontsize=14, fontweight="bold", color=INK)
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    goals = {(value.name, value.track): value.value for value in reference}
    colours = _voice_colours(curves)
    for axes, (name, tracks) in zip(panels, curves.items(), strict=False):
        _draw_panel(axes, name, tracks, goals, colours)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    if any((name, track) in goals for name, tracks in curves.items() for track in tracks):
        dashed = Line2D([], [], color=WHOLE_COLOUR, linewidth=1.2, linestyle=DASHED)
        figure.legend([dashed], ["the training set's own value"], loc="outside lower right", frameon=False)
    if not curves:
        panels[0].text(0.5, 0.5, "no metrics were recorded", ha="center", va="center", color="#555b63")
    return figure


def _draw_panel(
    axes: Axes,
    name: str,
    tracks: dict[str | None, Curve],
    goals: dict[tuple[str, str | None], float],
    colours: dict[str | None, str],
) -> None:
    for track, curve in tracks.items():
        colour = LOSS_COLOUR if is_loss(name) else colours[track]
        epochs, values = [epoch for epoch, _ in curve], [value for _, value in curve]
        axes.plot(
            epochs, values, color=colour, linewidth=1.8, marker="o", markersize=3.5, label=track or "all"
        )
        if (name, track) in goals:
            axes.axhline(goals[name, track], color=colour, linewidth=1.2, linestyle=DASHED, alpha=0.8)
    axes.set_title(name.replace("_", " "), loc="left", fontsize=11, color=INK)
    axes.set_xlabel("epoch", fontsize=9, color="#555b63")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(y=0.15)
    _widen(axes)
    axes.tick_params(labelsize=9, labelcolor="#555b63", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(tracks) > 1:
        axes.legend(fontsize=8, frameon=False, loc="best")


def _widen(axes: Axes) -> None:
    """Keeps noise from looking like news: the axis spans at least a tenth of the largest value."""
    low, high = axes.get_ylim()
    missing = SMALLEST_SPAN * max(abs(low), abs(high)) - (high - low)
    if missing > 0:
        axes.set_ylim(low - missing / 2, high + missing / 2)


def _voice_colours(curves: Curves) -> dict[str | None, str]:
    voices = list(dict.fromkeys(track for tracks in curves.values() for track in tracks if track is not None))
    colours: dict[str | None, str] = {None: WHOLE_COLOUR}
    for number, voice in enumerate(voices):
        colours[voice] = ACCOMPANIMENT_COLOURS[number % len(ACCOMPANIMENT_COLOURS)]
    return colours
