"""Training curves: panels, lines and references, read from the figure itself."""

from __future__ import annotations

from cli.training_curves import draw_training_curves, to_curves
from contract.metrics import MetricPoint, MetricValue


def points_of(name, values, track=None):
    return [
        MetricPoint(seq=epoch, epoch=epoch, name=name, value=value, track=track)
        for epoch, value in enumerate(values, start=1)
    ]


POINTS = [
    *points_of("semitone_clash", [0.3, 0.2, 0.1]),
    *points_of("critic_loss", [-0.5, -0.4, -0.3]),
    *points_of("generator_loss", [2.0, 1.5, 1.0]),
    *points_of("notes_per_bar", [4.0, 5.0, 6.0], "Alto"),
    *points_of("notes_per_bar", [2.0, 2.5, 3.0], "Bass"),
]
REFERENCE = [
    MetricValue(name="semitone_clash", value=0.05),
    MetricValue(name="notes_per_bar", value=4.5, track="Alto"),
]


def panel(figure, title):
    (found,) = [axes for axes in figure.axes if axes.get_title(loc="left") == title]
    return found


def is_dashed(line):
    return line.get_linestyle() == "--"


def test_losses_come_first_then_measures_by_name():
    figure = draw_training_curves(POINTS, REFERENCE, "Title")

    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.axison]
    assert titles == ["generator loss", "critic loss", "notes per bar", "semitone clash"]


def test_curve_holds_every_epoch():
    axes = panel(draw_training_curves(POINTS, REFERENCE, "Title"), "generator loss")

    (line,) = axes.lines
    assert list(line.get_xdata()) == [1, 2, 3]
    assert list(line.get_ydata()) == [2.0, 1.5, 1.0]
    assert axes.get_xlabel() == "epoch"


def test_training_sets_own_value_is_a_dashed_line():
    axes = panel(draw_training_curves(POINTS, REFERENCE, "Title"), "semitone clash")

    dashed = [line for line in axes.lines if is_dashed(line)]
    assert [list(line.get_ydata()) for line in dashed] == [[0.05, 0.05]]


def test_dashes_are_explained_once():
    figure = draw_training_curves(POINTS, REFERENCE, "Title")

    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == [
        "the training set's own value"
    ]


def test_voices_share_a_panel_and_keep_their_colour_for_the_reference():
    axes = panel(draw_training_curves(POINTS, REFERENCE, "Title"), "notes per bar")

    curves = {line.get_label(): line for line in axes.lines if not is_dashed(line)}
    (goal,) = [line for line in axes.lines if is_dashed(line)]
    assert set(curves) == {"Alto", "Bass"}
    assert goal.get_color() == curves["Alto"].get_color() != curves["Bass"].get_color()


def test_single_epoch_is_visible_as_a_point():
    axes = panel(draw_training_curves(points_of("critic_loss", [1.0]), [], "Title"), "critic loss")

    assert axes.lines[0].get_marker() == "o"
    assert [tick for tick in axes.get_xticks() if tick == int(tick)]


def test_without_points_the_figure_says_so():
    figure = draw_training_curves([], REFERENCE, "Title")

    assert [text.get_text() for text in figure.axes[0].texts] == ["no metrics were recorded"]


def test_points_in_any_order_become_curves_in_order():
    curves = to_curves(reversed(POINTS))

    assert curves["generator_loss"][None] == [(1, 2.0), (2, 1.5), (3, 1.0)]


def test_tiny_changes_do_not_fill_the_panel():
    axes = panel(draw_training_curves(points_of("silence", [0.0327, 0.0322]), [], "Title"), "silence")

    low, high = axes.get_ylim()
    assert high - low >= 0.003
