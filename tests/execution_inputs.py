"""An execution's input, for the tests of the state machine as text and as it runs."""

from __future__ import annotations

from contract.execution import ExecutionInput


def make_execution_input(*, wait_seconds: int) -> ExecutionInput:
    return ExecutionInput(
        owner="owner-1",
        job_id="job-1",
        training_job_name="continuo-local-job-1",
        input_manifest_uri="s3://artifacts/manifests/job-1.json",
        output_uri="s3://artifacts/models/job-1",
        checkpoint_uri="s3://artifacts/progress/job-1",
        hyper_parameters={"epochs": "2"},
        instance_type="ml.m5.xlarge",
        instance_count=1,
        volume_size_gb=10,
        max_runtime_seconds=3600,
        wait_seconds=wait_seconds,
    )
