"""Measures of a finished composition, by the names that training reports, so that both can be compared.

Scale consistency falls with length: it is taken as training takes it, over windows of two bars.
"""

from __future__ import annotations

from statistics import fmean

from contract.metrics import SCALE_CONSISTENCY, MetricValue
from music.measures import evaluate, evaluate_tracks, scale_consistency
from music.piano_roll import to_piano_roll
from music.score import Score

WINDOW_STEPS = 32


def measure_score(score: Score, melody_track: str) -> list[MetricValue]:
    """Measures of the whole, then of each voice but the melody, which is not the model's work."""
    whole = evaluate(score, melody_track) | {SCALE_CONSISTENCY: _scale_consistency(score)}
    values = [MetricValue(name=name, value=round(value, 4)) for name, value in whole.items()]
    for track, measures in evaluate_tracks(score).items():
        if track != melody_track:
            values += [
                MetricValue(name=name, value=round(value, 4), track=track) for name, value in measures.items()
            ]
    return values


def _scale_consistency(score: Score) -> float:
    """The mean over windows in which anything sounds."""
    roll = to_piano_roll(score)
    windows = [roll[start : start + WINDOW_STEPS] for start in range(0, len(roll), WINDOW_STEPS)]
    return fmean([scale_consistency(window) for window in windows if window.any()] or [1.0])
