from __future__ import annotations

from contract.metrics import MetricValue
from training_container.metrics_log import MetricsLog

VALUES = [MetricValue(name="semitone_clash", value=0.1)]


def filled(file) -> MetricsLog:
    log = MetricsLog(file)
    log.append_reference(3, VALUES, 0.5)
    log.append_epoch(1, 3, VALUES, 2.0, 4.0)
    return log


def test_reference_comes_first_and_numbers_grow(tmp_path):
    log = filled(tmp_path / "metrics.jsonl")

    assert [(line.seq, line.kind, line.epoch) for line in log.lines] == [(0, "reference", 0), (1, "epoch", 1)]


def test_numbers_go_on_after_a_restart(tmp_path):
    filled(tmp_path / "metrics.jsonl")

    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append_epoch(2, 3, VALUES, 3.0, 2.0)

    assert [line.seq for line in MetricsLog(tmp_path / "metrics.jsonl").lines] == [0, 1, 2]
    assert log.has_epoch(2)
    assert log.has_reference()


def test_torn_last_line_is_cut_off(tmp_path):
    file = tmp_path / "metrics.jsonl"
    filled(file)
    whole = file.read_text()
    file.write_text(whole + '{"seq":2,"kind":"ep')

    MetricsLog(file)

    assert file.read_text() == whole


def test_lines_lost_from_the_file_come_back_from_the_checkpoint(tmp_path):
    file = tmp_path / "metrics.jsonl"
    known = filled(file).to_lines()
    whole = file.read_text()
    file.write_text(whole.splitlines(keepends=True)[0])

    MetricsLog(file, known)

    assert file.read_text() == whole


def test_latest_values_are_those_of_the_newest_epoch(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    assert log.latest_values() == []

    log.append_reference(3, VALUES, 0.5)
    assert log.latest_values() == []

    newer = [MetricValue(name="semitone_clash", value=0.05)]
    log.append_epoch(1, 3, VALUES, 2.0, 4.0)
    log.append_epoch(2, 3, newer, 3.0, 2.0)
    assert log.latest_values() == newer
    assert log.reference_values() == VALUES
