"""Composing by the inference container's own entry point: latency, memory, and time until it answers."""

from __future__ import annotations

import io
import os
import socket
import statistics
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import boto3
import httpx
import psutil
from moto.server import ThreadedMotoServer

from contract.inference import InferenceRequest
from contract.melody import MelodyBody, MelodyNote

BUCKET, KEY = "models", "model.tar.gz"
STEPS_PER_BAR = 16
CALLS = {2: 200, 8: 100, 64: 20}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def measure_serving(model: Path) -> dict[str, object]:
    """Milliseconds per call for melodies of 2, 8 and 64 bars, and what the process needs."""
    storage = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    storage.start()
    try:
        _host, storage_port = storage.get_host_and_port()
        endpoint_url = f"http://127.0.0.1:{storage_port}"
        _store(model, endpoint_url)
        return _serve(endpoint_url)
    finally:
        storage.stop()


def _store(model: Path, endpoint_url: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in sorted(model.iterdir()):
            archive.add(path, path.name)
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=packed.getvalue())


def _serve(endpoint_url: str) -> dict[str, object]:
    port = _free_port()
    environment = os.environ | CREDENTIALS
    environment |= {"AWS_ENDPOINT_URL": endpoint_url, "SAGEMAKER_BIND_TO_PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "inference_container", "serve"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait_for_ping(client, process)
            ping_ms = (time.perf_counter() - began) * 1000
            first_ms = _call(client, 2)
            latencies = {
                f"invocations_{bars}_bars_ms": _measure(client, bars, n) for bars, n in CALLS.items()
            }
        memory_mb = psutil.Process(process.pid).memory_info().rss / 2**20
    finally:
        process.terminate()
        process.wait(30)
    return {
        **latencies,
        "start_to_ping_ms": round(ping_ms),
        "cold_start_ms": round(ping_ms + first_ms),
        "memory_mb": round(memory_mb),
    }


def _wait_for_ping(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            client.get("/ping").raise_for_status()
        except httpx.ConnectError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"the server ended with exit code {process.returncode}")


def _measure(client: httpx.Client, bars: int, calls: int) -> dict[str, float]:
    times = sorted(_call(client, bars) for _ in range(calls))
    return {
        "median": round(statistics.median(times), 2),
        "p95": round(statistics.quantiles(times, n=20, method="inclusive")[-1], 2),
    }


def _call(client: httpx.Client, bars: int) -> float:
    notes = [
        MelodyNote(pitch=60 + step // 4 % 12, onset_steps=step, duration_steps=4)
        for step in range(0, bars * STEPS_PER_BAR, 4)
    ]
    request = InferenceRequest(
        model=f"s3://{BUCKET}/{KEY}", melody=MelodyBody(notes=notes), seed=1, creativity=1.0
    )
    body = request.to_json()
    began = time.perf_counter()
    answer = client.post("/invocations", content=body, headers={"Content-Type": "application/json"})
    elapsed = time.perf_counter() - began
    answer.raise_for_status()
    return elapsed * 1000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
