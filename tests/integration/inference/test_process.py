"""`python -m inference_container serve` as a real process, with models on an S3 server."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import boto3
import pytest
from moto.server import ThreadedMotoServer

from contract.inference import CUSTOM_ATTRIBUTES_HEADER, JSON, MIDI, InferenceAnswer
from music.melody import to_score
from music.midi import read_midi, write_midi
from tests.unit.inference.builders import URI, make_melody, make_model_archive

TUNE = make_melody(*[60, 60, 67, 67, 69, 69, 67] * 4)
STARTS_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def s3_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, **credentials())
    client.create_bucket(Bucket="artifacts")
    client.put_object(Bucket="artifacts", Key=URI.removeprefix("s3://artifacts/"), Body=make_model_archive())
    client.close()
    yield url
    server.stop()


def credentials():
    return {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}


@pytest.fixture
def environment(s3_url, unused_port):
    names = {key.upper(): value for key, value in credentials().items() if key.startswith("aws")}
    return (
        os.environ
        | names
        | {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": s3_url,
            "SAGEMAKER_BIND_TO_PORT": str(unused_port),
            "PYTHONUNBUFFERED": "1",
        }
    )


@contextmanager
def serving(environment):
    """The process, answering pings; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "inference_container", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for_ping(process, int(environment["SAGEMAKER_BIND_TO_PORT"]))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for_ping(process, port):
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read()
        try:
            if send(port, "GET", "/ping")[0] == 200:
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the server never answered a ping")


def send(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def compose(port, seed=1, **headers):
    return send(port, "POST", "/invocations", write_midi(to_score(TUNE)), midi_headers(seed) | headers)


def midi_headers(seed):
    return {"Content-Type": MIDI, CUSTOM_ATTRIBUTES_HEADER: f"model={URI};seed={seed};creativity=1"}


def test_composes_and_ends_cleanly_on_sigterm(environment, unused_port):
    with serving(environment) as process:
        status, body = compose(unused_port, Accept=JSON)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)

    assert status == 200
    assert read_midi(InferenceAnswer.model_validate_json(body).midi).tracks[0].notes == TUNE.notes
    assert process.returncode == 0
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["message"] for line in lines if line["message"] in ("starting", "composed")] == [
        "starting",
        "composed",
    ]


def test_fetching_process_answers_pings_and_finishes_its_requests_on_sigterm(environment, unused_port):
    with slow_s3() as s3, serving(environment | {"AWS_ENDPOINT_URL": s3.url}) as process:
        asked = [open_request(unused_port, seed) for seed in range(2)]
        assert s3.asked.wait(timeout=30)
        ping_status, _ = send(unused_port, "GET", "/ping")

        process.send_signal(signal.SIGTERM)
        wait_until_closed(unused_port)
        s3.may_answer.set()
        statuses = [connection.getresponse().status for connection in asked]
        for connection in asked:
            connection.close()
        process.communicate(timeout=30)

    assert ping_status == 200
    assert statuses == [200, 200]
    assert process.returncode == 0


@contextmanager
def slow_s3():
    """An S3 of one model that answers when the test says so."""
    asked, may_answer = threading.Event(), threading.Event()
    archive = make_model_archive()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            assert may_answer.wait(timeout=30)
            self.send_response(200)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(archive)))
            self.end_headers()
            self.wfile.write(archive)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield SimpleNamespace(
                url=f"http://127.0.0.1:{server.server_port}", asked=asked, may_answer=may_answer
            )
        finally:
            may_answer.set()
            server.shutdown()
            thread.join()


def open_request(port, seed):
    """A composition asked for, its answer not yet read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/invocations", write_midi(to_score(TUNE)), midi_headers(seed))
    return connection


def wait_until_closed(port):
    """Until the server takes no connections, which is when it has heard the signal."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("the server went on taking connections")


def test_two_processes_compose_the_same_bytes(environment, unused_port):
    answers = []
    for _ in range(2):
        with serving(environment):
            answers.append(compose(unused_port, seed=5, Accept=MIDI))

    assert answers[0][0] == 200
    assert answers[0] == answers[1]


def test_body_far_beyond_the_limit_is_refused_before_it_is_sent(environment, unused_port):
    with serving(environment):
        connection = http.client.HTTPConnection("127.0.0.1", unused_port, timeout=30)
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Type", JSON)
        connection.putheader("Content-Length", str(2**40))
        connection.endheaders()
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()

    assert (response.status, body["code"]) == (413, "too-large")


def test_body_a_little_beyond_the_limit_is_heard_out_and_refused(environment, unused_port):
    with serving(environment):
        status, body = send(
            unused_port, "POST", "/invocations", b" " * (4 * 1024 * 1024 + 1), {"Content-Type": JSON}
        )

    assert (status, json.loads(body)["code"]) == (413, "too-large")


def test_setting_that_makes_no_sense_ends_the_process_by_name(environment):
    ended = subprocess.run(
        [sys.executable, "-m", "inference_container", "serve"],
        env=environment | {"MODEL_CACHE_SIZE": "many"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "MODEL_CACHE_SIZE" in ended.stderr


def test_any_other_command_is_refused(environment):
    ended = subprocess.run(
        [sys.executable, "-m", "inference_container", "train"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "serve" in ended.stderr
