from __future__ import annotations

import pytest
import torch

from tests.unit.training.builders import make_data, small_values
from training_container.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training_container.errors import CorruptArtifact, InvalidJob
from training_container.loop import Trainer


@pytest.fixture
def trainer():
    trainer = Trainer(small_values(), make_data().training)
    trainer.train_epoch(lambda: False)
    return trainer


def make_checkpoint(trainer: Trainer) -> Checkpoint:
    return Checkpoint(trainer.state(), {"seed": "1", "epochs": "2"}, "data", ['{"seq":0}'], 12.5)


def test_checkpoint_comes_back_as_it_was_saved(trainer, tmp_path):
    file = tmp_path / "checkpoints" / "checkpoint.pt"
    save_checkpoint(make_checkpoint(trainer), file)

    loaded = load_checkpoint(file)
    assert loaded is not None

    restored = Trainer(trainer.values, trainer.snippets)
    restored.restore(loaded.trainer)
    assert restored.step == trainer.step
    assert (loaded.metrics_lines, loaded.elapsed_seconds) == (['{"seq":0}'], 12.5)
    for mine, theirs in zip(restored.averaged.parameters(), trainer.averaged.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_no_file_is_no_checkpoint(tmp_path):
    assert load_checkpoint(tmp_path / "checkpoint.pt") is None


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(trainer, tmp_path):
    file = tmp_path / "checkpoint.pt"
    save_checkpoint(make_checkpoint(trainer), file)
    save_checkpoint(make_checkpoint(trainer), file)

    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 torn"])
def test_damaged_file_is_told_plainly(content, tmp_path):
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(content)

    with pytest.raises(CorruptArtifact, match=r"checkpoint\.pt cannot be read"):
        load_checkpoint(file)


def test_truncated_file_is_told_plainly(trainer, tmp_path):
    file = tmp_path / "checkpoint.pt"
    save_checkpoint(make_checkpoint(trainer), file)
    file.write_bytes(file.read_bytes()[:-2000])

    with pytest.raises(CorruptArtifact, match=r"checkpoint\.pt cannot be read"):
        load_checkpoint(file)


def test_checkpoint_runs_no_code(tmp_path):
    file = tmp_path / "checkpoint.pt"
    torch.save({"format_version": 1, "trainer": CorruptArtifact}, file)

    with pytest.raises(CorruptArtifact, match=r"checkpoint\.pt cannot be read"):
        load_checkpoint(file)


def test_checkpoint_of_other_values_is_refused_by_name(trainer):
    checkpoint = make_checkpoint(trainer)

    with pytest.raises(InvalidJob, match="made with other values of epochs;"):
        checkpoint.validate_continues({"seed": "1", "epochs": "3"}, "data")


def test_checkpoint_of_other_pieces_is_refused(trainer):
    with pytest.raises(InvalidJob, match="made with other pieces"):
        make_checkpoint(trainer).validate_continues({"seed": "1", "epochs": "2"}, "other data")
