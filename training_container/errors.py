"""What can be wrong with a training job that is not our bug, by who must act.

    TrainingError
    ├── InvalidJob        the person who asked for the job (values, filter, pieces)
    └── CorruptArtifact   a person must look (a checkpoint or export that does not agree with itself)

The message is the first sentence of the failure file, so it is written for that person.
"""

from __future__ import annotations


class TrainingError(Exception):
    """The root: a training that cannot go on, with a sentence that says why."""


class InvalidJob(TrainingError):
    """The job's values or its data cannot be trained on."""


class CorruptArtifact(TrainingError):
    """A file that we wrote ourselves does not hold what it should."""
