"""A small API server for the CLI's tests: real HTTP on a free port, answers made from contract models.

Its state is plain: `jobs` and `compositions` are scripts of states that each reading moves on by one.
Cognito's sign-in is answered on the same port.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli.app import main
from cli.main_job import Result
from contract.composition import Composition, CompositionStatus, TrackSummary
from contract.dataset import Dataset, DatasetList
from contract.hyperparameters import Technique, describe_techniques
from contract.melody import MelodyBody, MelodyList, MelodyNote, SampleMelody
from contract.metrics import MetricPoint, MetricsAnswer, MetricValue
from contract.model import Model, ModelList
from contract.problems import CONTENT_TYPE, TYPE_PREFIX, FieldError, Problem, ProblemCode
from contract.training import (
    JobFailure,
    JobStatus,
    Progress,
    TrainingJob,
    TrainingJobList,
    TrainingSample,
    TrainingSampleList,
    Transition,
)
from music.midi import write_midi
from music.score import Note, Score, Track

WHEN = "2026-11-23T09:30:00.000Z"
EMAIL, PASSWORD = "demo@example.com", "Chorale-Preludes-1717"
MELODY = MelodyBody(
    notes=[MelodyNote(pitch=60 + 2 * i, onset_steps=4 * i, duration_steps=4) for i in range(8)]
)
VOICES = (("Soprano", 72), ("Alto", 64), ("Tenor", 55), ("Bass", 43))


def make_token(name: str, lifetime_seconds: float = 3600) -> str:
    """A token with a claim of its own end; nobody checks its signature."""
    claims = base64.urlsafe_b64encode(
        json.dumps({"sub": name, "exp": time.time() + lifetime_seconds}).encode()
    )
    return f"e30.{claims.decode().rstrip('=')}.signature"


def make_job(status: JobStatus = JobStatus.QUEUED, **fields: object) -> TrainingJob:
    return TrainingJob.model_validate(
        {
            "job_id": "job-1",
            "name": "First chorales",
            "technique": Technique.UNET_GAN,
            "dataset": "bach",
            "filter_tags": {"mode": "minor"},
            "hyperparameters": {"epochs": 6},
            "status": status,
            "created_at": WHEN,
            "updated_at": WHEN,
        }
        | fields
    )


def make_course(end: TrainingJob) -> list[TrainingJob]:
    """A job's states from QUEUED over RUNNING to `end`."""
    training = {
        "secondary_status": "Training",
        "transitions": [Transition(status="Training", started_at=WHEN)],
    }
    return [
        make_job(),
        make_job(JobStatus.RUNNING, secondary_status="Starting"),
        *(
            make_job(
                JobStatus.RUNNING,
                progress=Progress(epoch=epoch, epochs=6, seconds_left=61.0),
                latest_metrics={"generator_loss": 2.0 - epoch / 4, "critic_loss": -0.5},
                **training,
            )
            for epoch in (1, 2)
        ),
        end,
    ]


def completed_job() -> TrainingJob:
    return make_job(
        JobStatus.COMPLETED,
        secondary_status="Completed",
        progress=Progress(epoch=6, epochs=6),
        model_id="model-1",
        ended_at=WHEN,
    )


def failed_job() -> TrainingJob:
    failure = JobFailure(code="training-failed", message="No piece carries the tag mode=dorian.")
    return make_job(JobStatus.FAILED, secondary_status="Failed", failure=failure)


def make_composition(status: CompositionStatus, **fields: object) -> Composition:
    done = status is CompositionStatus.COMPLETED
    tracks = [TrackSummary(name=name, program=52, notes=8, is_melody=name == "Soprano") for name, _ in VOICES]
    return Composition.model_validate(
        {
            "composition_id": "composition-1",
            "name": "twinkle",
            "model_id": "model-1",
            "status": status,
            "seed": 7,
            "creativity": 0.5,
            "tracks": tracks if done else [],
            "created_at": WHEN,
            "updated_at": WHEN,
        }
        | fields
    )


def make_model() -> Model:
    return Model(
        model_id="model-1",
        name="First chorales",
        technique=Technique.UNET_GAN,
        training_job_id="job-1",
        dataset="bach",
        trained_epochs=6,
        instruments=["Alto", "Tenor", "Bass"],
        hyperparameters={"epochs": 6},
        evaluation=[MetricValue(name="semitone_clash", value=0.125)],
        reference=[MetricValue(name="semitone_clash", value=0.0625)],
        created_at=WHEN,
    )


def make_midi() -> bytes:
    return write_midi(
        Score(
            tuple(Track(name, tuple(Note(4 * i, pitch, 4) for i in range(8)), 52) for name, pitch in VOICES)
        )
    )


def make_problem(
    status: int, code: ProblemCode, title: str, errors: list[FieldError] | None = None
) -> Problem:
    return Problem(
        type=TYPE_PREFIX + code,
        title=title,
        status=status,
        detail="1 value is wrong",
        code=code,
        request_id="request-1",
        errors=errors or [],
    )


@dataclass
class FakeApi:
    """The server's state, to be set by a test, and what it was asked."""

    url: str
    token: str = field(default_factory=lambda: make_token("anna"))
    retry_after: str = "0"
    jobs: list[TrainingJob] = field(default_factory=lambda: make_course(completed_job()))
    all_jobs: list[TrainingJob] = field(default_factory=lambda: [completed_job()])
    compositions: list[Composition] = field(
        default_factory=lambda: [make_composition(CompositionStatus.COMPLETED)]
    )
    models: list[Model] = field(default_factory=lambda: [make_model()])
    failures: list[Response] = field(default_factory=list)  # answered first, one per call
    next_token: tuple[int, str] | None = None  # after so many calls the first token has expired
    sign_ins: int = 0
    seen: list[tuple[str, str, object]] = field(default_factory=list)  # method, path, body

    @property
    def api_url(self) -> str:
        return f"{self.url}/dev"

    def problem(self, problem: Problem) -> None:
        self.failures.append(Response(problem.to_json(), problem.status, media_type=CONTENT_TYPE))

    def bodies(self, method: str, path: str) -> list[object]:
        return [
            body for seen_method, seen_path, body in self.seen if (seen_method, seen_path) == (method, path)
        ]

    # Answers

    def next_job(self) -> TrainingJob:
        return self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]

    def next_composition(self) -> Composition:
        return self.compositions.pop(0) if len(self.compositions) > 1 else self.compositions[0]


def make_app(api: FakeApi) -> Starlette:
    async def guarded(request: Request, answer: Callable[[], Response]) -> Response:
        body = await request.body()
        path = request.url.path.removeprefix("/dev")
        api.seen.append((request.method, path, json.loads(body) if body else None))
        if api.next_token is not None and len(api.seen) > api.next_token[0]:
            api.token, api.next_token = api.next_token[1], None
        if request.headers.get("authorization") != f"Bearer {api.token}":
            return JSONResponse({"message": "Unauthorized"}, 401)
        return api.failures.pop(0) if api.failures else answer()

    def wire(value: object, status: int = 200) -> Response:
        text = value.to_json()  # type: ignore[attr-defined]
        return Response(text, status, media_type="application/json", headers={"Retry-After": api.retry_after})

    async def jobs(request: Request) -> Response:
        if request.method == "POST":
            return await guarded(request, lambda: wire(api.next_job(), 202))
        size = int(request.query_params["pageSize"])
        start = int(request.query_params.get("pageToken", 0))
        page = api.all_jobs[start : start + size]
        after = str(start + size) if start + size < len(api.all_jobs) else None
        return await guarded(request, lambda: wire(TrainingJobList(items=page, next_page_token=after)))

    async def job(request: Request) -> Response:
        return await guarded(request, lambda: wire(api.next_job()))

    async def stop(request: Request) -> Response:
        return await guarded(request, lambda: wire(make_job(JobStatus.STOPPING), 202))

    async def metrics(request: Request) -> Response:
        after = int(request.query_params.get("after", -1))
        points = [
            MetricPoint(seq=n, epoch=n, name="generator_loss", value=1 / n) for n in range(1, 4) if n > after
        ][:2]
        answer = MetricsAnswer(
            items=points,
            reference=[MetricValue(name="semitone_clash", value=0.06)],
            next_after=points[-1].seq if points else after,
        )
        return await guarded(request, lambda: wire(answer))

    async def samples(request: Request) -> Response:
        link = TrainingSample(epoch=1, url=f"{api.url}/sample.mid?signature=x", expires_in_seconds=900)
        return await guarded(request, lambda: wire(TrainingSampleList(items=[link])))

    async def sample(request: Request) -> Response:
        has_token = (
            "authorization" in request.headers
        )  # a presigned address is refused with a second signature
        return Response(status_code=400) if has_token else Response(make_midi(), media_type="audio/midi")

    async def compositions(request: Request) -> Response:
        made = api.next_composition()
        return await guarded(request, lambda: wire(made, 201 if made.status == "COMPLETED" else 202))

    async def composition(request: Request) -> Response:
        return await guarded(request, lambda: wire(api.next_composition()))

    async def midi(request: Request) -> Response:
        if request.headers["accept"] != "audio/midi":
            return Response(status_code=406)
        return await guarded(request, lambda: Response(make_midi(), media_type="audio/midi"))

    async def models(request: Request) -> Response:
        return await guarded(request, lambda: wire(ModelList(items=api.models)))

    async def model(request: Request) -> Response:
        return await guarded(request, lambda: wire(make_model()))

    async def datasets(request: Request) -> Response:
        bach = Dataset(
            dataset_id="bach",
            title="Bach chorales",
            description="Four-part chorales",
            licence="see source",
            source="music21",
            pieces=365,
            tracks=["Soprano", "Alto", "Tenor", "Bass"],
            tags={"mode": {"major": 190, "minor": 175}},
        )
        return await guarded(request, lambda: wire(DatasetList(items=[bach])))

    async def melodies(request: Request) -> Response:
        twinkle = SampleMelody(
            melody_id="twinkle", title="Twinkle", source="French", key="C major", melody=MELODY
        )
        return await guarded(request, lambda: wire(MelodyList(items=[twinkle])))

    async def techniques(request: Request) -> Response:
        return await guarded(request, lambda: wire(describe_techniques()))

    async def cognito(request: Request) -> Response:
        asked = await request.json()
        api.sign_ins += 1
        if request.headers["x-amz-target"] != "AWSCognitoIdentityProviderService.InitiateAuth":
            return JSONResponse({"__type": "InvalidParameterException", "message": "not that"}, 400)
        if asked["AuthParameters"] != {"USERNAME": EMAIL, "PASSWORD": PASSWORD}:
            return JSONResponse(
                {"__type": "NotAuthorizedException", "message": "Incorrect username or password."}, 400
            )
        return JSONResponse({"AuthenticationResult": {"IdToken": api.token, "ExpiresIn": 3600}})

    return Starlette(
        routes=[
            Route("/", cognito, methods=["POST"]),
            Route("/sample.mid", sample),
            Route("/dev/training-jobs", jobs, methods=["GET", "POST"]),
            Route("/dev/training-jobs/{job}", job),
            Route("/dev/training-jobs/{job}/stop", stop, methods=["POST"]),
            Route("/dev/training-jobs/{job}/metrics", metrics),
            Route("/dev/training-jobs/{job}/samples", samples),
            Route("/dev/compositions", compositions, methods=["POST"]),
            Route("/dev/compositions/{composition}", composition),
            Route("/dev/compositions/{composition}/midi", midi),
            Route("/dev/models", models),
            Route("/dev/models/{model}", model),
            Route("/dev/datasets", datasets),
            Route("/dev/melodies", melodies),
            Route("/dev/techniques", techniques),
        ]
    )


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[uvicorn.Server, FakeApi]]:
    """One server for all tests; each test begins with a fresh state."""
    api = FakeApi(url="")
    config = uvicorn.Config(make_app(api), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    api.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    yield running, api
    running.should_exit = True
    thread.join()


@pytest.fixture
def api(server: tuple[uvicorn.Server, FakeApi]) -> FakeApi:
    _, running = server
    fresh = FakeApi(url=running.url)
    running.__dict__.update(fresh.__dict__)
    return running


@dataclass
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without a deployment, in an empty folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    for name in ("CONTINUO_TOKEN", "CONTINUO_ENDPOINT", "CONTINUO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONTINUO_STATE_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def continuo(
    state_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], api: FakeApi
) -> Callable[..., Ran]:
    """Runs a command against the fake API, signed in by token."""
    monkeypatch.setenv("CONTINUO_ENDPOINT", api.api_url)
    monkeypatch.setenv("CONTINUO_TOKEN", api.token)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: str) -> Ran:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def make_busy(api: FakeApi) -> Callable[[int], None]:
    """The next answers are 503, to be repeated at once."""

    def make(times: int) -> None:
        api.failures += [Response(status_code=503, headers={"Retry-After": "0"}) for _ in range(times)]

    return make


@pytest.fixture
def make_newer(api: FakeApi) -> Callable[[dict[str, object]], None]:
    """The next answer is this document."""

    def make(document: dict[str, object]) -> None:
        api.failures.append(JSONResponse(document))

    return make


@pytest.fixture
def make_broken(api: FakeApi) -> Callable[[int, int], None]:
    """After some good readings of a job, a few answers are plain 500s."""

    def make(after: int, times: int) -> None:
        good = [Response(api.next_job().to_json(), headers={"Retry-After": "0"}) for _ in range(after)]
        api.failures += good + [Response("oops", 500) for _ in range(times)]

    return make


@pytest.fixture
def failed_course() -> list[TrainingJob]:
    return make_course(failed_job())


@pytest.fixture
def queued_course() -> list[Composition]:
    states = (CompositionStatus.QUEUED, CompositionStatus.QUEUED, CompositionStatus.COMPLETED)
    return [make_composition(state) for state in states]


@pytest.fixture
def failed_composition() -> Composition:
    failure = JobFailure(code="corrupt-model", message="The archive holds no graph.")
    return make_composition(CompositionStatus.FAILED, failure=failure)


@pytest.fixture
def midi_bytes() -> bytes:
    return make_midi()


@pytest.fixture
def bad_values() -> Problem:
    errors = [
        FieldError(pointer="/hyperparameters/epochs", detail="must be at most 500"),
        FieldError(pointer="/name", detail="[bold] is no name"),
    ]
    return make_problem(422, ProblemCode.INVALID_VALUES, "Some values are not acceptable", errors)


@pytest.fixture
def local_cloud(state_folder: Path, api: FakeApi) -> Path:
    """`deployment.json` as `continuo up` leaves it, for the fake API."""
    path = state_folder / "deployment.json"
    document = {
        "endpointUrl": api.url,
        "apiUrl": api.api_url,
        "region": "us-east-1",
        "userPoolId": "pool",
        "userPoolClientId": "client",
        "pid": 2**22 + 1,
        "outputs": {"ApiUrl": api.api_url},
        "processStartedAt": 1.0,
        "user": {"email": EMAIL, "password": PASSWORD},
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def change_token(api: FakeApi) -> Callable[[int], None]:
    """After so many calls, the API takes another token than before."""

    def change(after_calls: int) -> None:
        api.next_token = (after_calls, make_token("anna again"))

    return change


@pytest.fixture
def make_plain_error(api: FakeApi) -> Callable[[int, str], None]:
    """The next answer is an error without a problem body."""

    def make(status: int, text: str) -> None:
        api.failures.append(Response(text, status, media_type="text/plain"))

    return make


@pytest.fixture
def fitting_melody() -> Callable[[Result], Result]:
    """The result as if the fake's melody had been the one that was asked for."""

    def fit(result: Result) -> Result:
        notes = [MelodyNote(pitch=72, onset_steps=4 * i, duration_steps=4) for i in range(8)]
        sample = result.melody.model_copy(update={"melody": MelodyBody(notes=notes)})
        return replace(result, melody=sample)

    return fit


@pytest.fixture
def with_midi() -> Callable[[Result, bytes], Result]:
    return lambda result, midi: replace(result, midi=midi)
