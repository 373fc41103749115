"""One training job from its folders to its model: what is done in which order, and what survives a stop.

After each epoch: measures, a metrics line, a sample, a checkpoint. Told to stop, it leaves a checkpoint of
the very batch it had reached and a model of what was learned so far; SageMaker keeps both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from contract.hyperparameters import UnetGanHyperparameters
from contract.metrics import MetricsLine, MetricValue, sample_file
from training_container.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training_container.dataset import TrainingData, load_training_data
from training_container.evaluation import choose_evenly, evaluate_generator, evaluate_snippets
from training_container.export import export_model
from training_container.layout import Layout, read_hyperparameters, read_resources
from training_container.loop import Trainer
from training_container.metrics_log import MetricsLog
from training_container.sampling import write_sample

PROCESSOR_FILE = Path("/proc/cpuinfo")
CHECKPOINT_EVERY_SECONDS = 20.0  # a checkpoint is tens of megabytes; a shorter epoch does without
ADVERSARIAL_COST = 1.4  # seconds of an epoch with the critic, per second of a warm-up epoch; measured


class TrainingRun:
    """A job's parts, put together, and taken up where the checkpoint left it."""

    def __init__(self, layout: Layout, values: UnetGanHyperparameters, data: TrainingData, *, bf16: bool):
        self.layout, self.values, self.data = layout, values, data
        self.trainer = Trainer(values, data.training, bf16=bf16)
        self.held_out = choose_evenly(data.held_out, values.evaluation_snippets)
        self._began = self._saved = time.monotonic()
        checkpoint = load_checkpoint(layout.checkpoint_file)
        if checkpoint is not None:
            checkpoint.validate_continues(self._hyperparameters(), data.fingerprint)
            self.trainer.restore(checkpoint.trainer)
            self._began -= checkpoint.elapsed_seconds
        self.log = MetricsLog(layout.metrics_file, checkpoint.metrics_lines if checkpoint else [])
        if not self.log.has_reference():
            snippets = choose_evenly(data.training, values.evaluation_snippets)
            self.log.append_reference(values.epochs, evaluate_snippets(snippets), self.elapsed_seconds)

    @property
    def elapsed_seconds(self) -> float:
        """Seconds of training, those before a restart among them."""
        return time.monotonic() - self._began

    def train(self, should_stop: Callable[[], bool]) -> bool:
        """Go on to the last epoch or until told to stop, and leave a model. Whether it came to the end."""
        while self.trainer.epoch < self.values.epochs:
            began = time.monotonic()
            losses = self.trainer.train_epoch(should_stop)
            if losses is None:
                break
            self._record_epoch(losses, began)
            if time.monotonic() - self._saved >= CHECKPOINT_EVERY_SECONDS:
                self.save()
        self.save()
        self.export()
        return self.trainer.epoch == self.values.epochs

    def _record_epoch(self, losses: dict[str, float], began: float) -> None:
        epoch, values = self.trainer.epoch, self.values
        if self.log.has_epoch(epoch):  # trained again, because the checkpoint was older than the log
            return
        scores = evaluate_generator(self.trainer.averaged, self.held_out, values.noise_channels)
        named = [MetricValue(name=name, value=value) for name, value in losses.items()]
        left = self._estimate_seconds_left(time.monotonic() - began)
        self.log.append_epoch(epoch, values.epochs, named + scores, self.elapsed_seconds, left)
        if epoch % values.sample_every_epochs == 0 or epoch == values.epochs:
            sample = write_sample(self.trainer.averaged, self.data.sample, values.noise_channels)
            self.layout.samples.mkdir(parents=True, exist_ok=True)
            (self.layout.samples / sample_file(epoch)).write_bytes(sample)
        print(describe_epoch(self.log.lines[-1]), flush=True)  # noqa: T201  # CloudWatch reads metrics here

    def _estimate_seconds_left(self, epoch_seconds: float) -> float:
        """From the epoch just ended: warm-up epochs cost less than those with the critic."""
        done, warmup = self.trainer.epoch, self.trainer.warmup_epochs
        warmup_left = max(0, warmup - done)
        adversarial_left = self.values.epochs - done - warmup_left
        was_warmup = done <= warmup
        return epoch_seconds * (warmup_left + adversarial_left * (ADVERSARIAL_COST if was_warmup else 1))

    def save(self) -> None:
        """Leave a checkpoint of the place reached."""
        checkpoint = Checkpoint(
            trainer=self.trainer.state(),
            hyperparameters=self._hyperparameters(),
            data_fingerprint=self.data.fingerprint,
            metrics_lines=self.log.to_lines(),
            elapsed_seconds=self.elapsed_seconds,
        )
        save_checkpoint(checkpoint, self.layout.checkpoint_file)
        self._saved = time.monotonic()

    def export(self) -> None:
        """Leave the averaged generator as a model."""
        export_model(
            self.trainer.averaged,
            self.layout.model,
            self.data,
            self.values,
            trained_epochs=self.trainer.epoch,
            evaluation=self.log.latest_values(),
            reference=self.log.reference_values(),
        )

    def _hyperparameters(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.values.to_wire().items()}


def describe_epoch(line: MetricsLine) -> str:
    """An epoch for the log: `name=value` pairs that metric definitions read; values of the whole only."""
    pairs = {value.name: f"{value.value:.6g}" for value in line.values if value.track is None}
    left = f"{line.seconds_left:.0f}" if line.seconds_left is not None else "?"
    return " ".join(
        [f"epoch={line.epoch}", *(f"{name}={value}" for name, value in pairs.items()), f"seconds_left={left}"]
    )


def has_fast_bfloat16(processor_file: Path = PROCESSOR_FILE) -> bool:
    """Whether the processor multiplies bfloat16 itself: then an epoch takes two thirds of the time."""
    if not processor_file.is_file():
        return False
    flags = processor_file.read_text(encoding="utf-8")
    return "avx512_bf16" in flags or "amx_bf16" in flags


def run_job(layout: Layout, should_stop: Callable[[], bool]) -> None:
    """The whole job of this host."""
    resources = read_resources(layout)
    if not resources.is_first_host():
        _say(
            f"This is {resources.current_host}: the first host alone trains, so there is nothing to do here."
        )
        return
    values = read_hyperparameters(layout)
    data = load_training_data(layout.dataset, values.hop_steps)
    _say(f"Training on {len(data.training)} snippets, {len(data.held_out)} held out.")
    run = TrainingRun(layout, values, data, bf16=has_fast_bfloat16())
    if run.trainer.step:
        _say(
            f"Going on from the checkpoint after {run.trainer.epoch} epochs and {run.trainer.batch} batches."
        )
    ended = run.train(should_stop)
    _say("Training has ended." if ended else f"Stopped after {run.trainer.epoch} epochs; the model is saved.")


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  # the container's log is its standard output
