"""The service behind a real HTTP server, asked by real boto3 clients; S3 and CloudWatch Logs are moto's.

Images are small Python scripts that the tests write.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import sys
import tarfile
import textwrap
import threading
import time
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config
from moto.server import ThreadedMotoServer
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from localcloud.sagemaker.ports import AwsError
from localcloud.sagemaker.service import SageMakerService
from localcloud.sagemaker.timing import Timing

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
KEY: dict[str, Any] = {
    "aws_access_key_id": "AKIATEST",
    "aws_secret_access_key": "secret",
    "region_name": REGION,
}
SESSION = boto3.Session()
ENDED = ("Completed", "Failed", "Stopped")
FAST = Timing(
    poll=0.02, checkpoint=0.05, log=0.05, stop_grace=20, startup=20, invocation=20, supervise=0.05, drain=1
)
TRAINING_PREAMBLE = """
import json, os, signal, sys, time
from pathlib import Path
root = Path(os.environ["SAGEMAKER_BASE_DIR"])
config = {p.stem: json.loads(p.read_text()) for p in (root / "input/config").iterdir()}
assert sys.argv[1:] == ["train"], sys.argv
def wait_for(path):
    while not path.exists():
        time.sleep(0.01)
"""
SERVER = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
assert sys.argv[1:] == ["serve"], sys.argv
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.invoke(body)
    def invoke(self, body):
        told = {"pid": os.getpid(), "body": body.decode("latin-1"), "headers": dict(self.headers.items()),
                "environment": dict(os.environ)}
        self.answer(200, json.dumps(told).encode(), "application/json")
    def answer(self, status, body, content_type="text/plain", **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
"""
SERVE = """
print("serving", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


class Rights:
    """An `Authorize` that remembers what it was asked, and refuses what a test forbids."""

    def __init__(self):
        self.asked = []
        self.forbidden = set()

    def __call__(self, caller, action, resource_arn, context):
        self.asked.append((caller.access_key_id, action, resource_arn, dict(context)))
        if action in self.forbidden:
            raise AwsError("AccessDeniedException", f"not authorized to perform: {action} on {resource_arn}")


class Local:
    """One service with its HTTP front and clients."""

    def __init__(self, folder, moto_url):
        self.folder, self.moto_url = folder, moto_url
        self.scripts = folder / "scripts"
        self.scripts.mkdir(exist_ok=True)
        self.images, self.events, self.rights = {}, [], Rights()
        self.service: SageMakerService | None = None
        self._server: HttpFront | None = None
        self.s3 = SESSION.client("s3", endpoint_url=moto_url, **KEY)
        self.logs = SESSION.client("logs", endpoint_url=moto_url, **KEY)

    def start(self, timing=FAST, s3_url=None):
        self.service = SageMakerService(
            root=self.folder / "sagemaker",
            images=self.images,
            endpoint_url=s3_url or self.moto_url,
            authorize=self.rights,
            credentials_for_role=credentials_for_role,
            publish_event=self.events.append,
            account=ACCOUNT,
            region=REGION,
            timing=timing,
        )
        self._server = HttpFront(self.service)
        self.url = self._server.url
        # Any: requests are put together from parts, which the exact types of the stubs refuse.
        self.sagemaker: Any = SESSION.client("sagemaker", endpoint_url=self.url, **KEY)
        self.runtime = SESSION.client(
            "sagemaker-runtime",
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 1}),
            **KEY,
        )
        return self

    def stop(self):
        if self.service is not None:
            assert self._server is not None  # they start together
            self.service.shutdown()
            self._server.stop()
            self.service = None

    def image(self, name, code, preamble=TRAINING_PREAMBLE):
        """An image whose command runs the code."""
        path = self.scripts / f"{name}.py"
        path.write_text(preamble + textwrap.dedent(code))
        self.images[name] = [sys.executable, str(path)]
        return name

    def server_image(self, name="server", invoke=""):
        """A model server; `invoke` is the body of the method that answers, instead of the usual one."""
        method = f"    def invoke(self, body):\n{textwrap.indent(textwrap.dedent(invoke), ' ' * 8)}\n"
        return self.image(name, SERVE, SERVER + (method if invoke else ""))

    def train(self, name, image, **changes):
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": "s3://artifacts/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
        self.sagemaker.create_training_job(**request | changes)
        return name

    def describe(self, name):
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def wait_for_end(self, name):
        return self.wait(lambda: self.describe(name), lambda job: job["TrainingJobStatus"] in ENDED)

    def wait_for_status(self, name, secondary):
        return self.wait(lambda: self.describe(name), lambda job: job["SecondaryStatus"] == secondary)

    def file(self, job, path, host="algo-1"):
        return self.folder / "sagemaker" / "jobs" / job / host / path

    def wait(self, look, is_done=bool, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if is_done(found):
                return found
            assert time.monotonic() < deadline, f"not in time: {found}"
            time.sleep(0.02)

    def put(self, key, body=b"x", bucket="library"):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def get(self, key, bucket="artifacts"):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, prefix="", bucket="artifacts"):
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def archive(self, key):
        """The files of a tar.gz in the artifacts bucket."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as opened:
            files = [member for member in opened.getmembers() if member.isfile()]
            return {member.name: file.read() for member in files if (file := opened.extractfile(member))}

    def make_model(self, name, image, **container):
        self.sagemaker.create_model(
            ModelName=name, PrimaryContainer={"Image": image, **container}, ExecutionRoleArn=ROLE
        )
        return name

    def make_config(self, name, model, max_concurrency=None):
        variant = {"VariantName": "main", "ModelName": model}
        if max_concurrency:
            variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": max_concurrency}
        else:
            variant |= {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        return name

    def make_endpoint(self, name, image, max_concurrency=None, **container):
        """An endpoint with a model and a configuration of its own name, once it is settled."""
        self.make_config(name, self.make_model(name, image, **container), max_concurrency)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return self.wait_for_endpoint(name)

    def wait_for_endpoint(self, name):
        return self.wait(
            lambda: self.sagemaker.describe_endpoint(EndpointName=name),
            lambda endpoint: endpoint["EndpointStatus"] not in ("Creating", "Updating", "Deleting"),
        )

    def invoke(self, name, body=b"{}", **fields):
        answer = self.runtime.invoke_endpoint(EndpointName=name, Body=body, **fields)
        return json.loads(answer["Body"].read())


def credentials_for_role(role_arn):
    if "missing" in role_arn:
        raise AwsError("ValidationException", f"Could not assume role {role_arn}.")
    return {
        "AWS_ACCESS_KEY_ID": "ASIAROLE",
        "AWS_SECRET_ACCESS_KEY": "role-secret",
        "AWS_SESSION_TOKEN": "role-token",
    }


class HttpFront:
    """uvicorn in a thread, every request to the service."""

    def __init__(self, service):
        async def answer(request):
            query = {name: request.query_params.getlist(name) for name in request.query_params}
            status, headers, body = await service.handle(
                request.method, request.url.path, dict(request.headers), await request.body(), query
            )
            return Response(body, status, headers)

        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        routes = [Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, ws="none", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve([listener])), daemon=True
        )
        self._thread.start()
        self._listener = listener

    def stop(self):
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()


@pytest.fixture(scope="session")
def moto_url():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def unstarted(tmp_path, moto_url):
    """A service that the test starts itself; buckets are empty."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    local = Local(tmp_path, moto_url)
    for bucket in ("library", "artifacts"):
        local.s3.create_bucket(Bucket=bucket)
    yield local
    local.stop()
    for bucket in ("library", "artifacts"):
        for key in local.keys(bucket=bucket):
            local.s3.delete_object(Bucket=bucket, Key=key)
        local.s3.delete_bucket(Bucket=bucket)


@pytest.fixture
def local(unstarted):
    return unstarted.start()
