"""Entrance of the REST API: the table of routes, and the one place where errors become answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.problems import ProblemCode
from lambdas import bootstrap
from lambdas.bootstrap import ApiServices
from lambdas.domain.errors import ContinuoError, FieldFault
from lambdas.handlers.rest.compositions import CompositionRoutes
from lambdas.handlers.rest.library import LibraryRoutes
from lambdas.handlers.rest.problems import (
    INTERNAL_DETAIL,
    ProblemError,
    encode_problem,
    to_problem_error,
)
from lambdas.handlers.rest.requests import request_id_of
from lambdas.handlers.rest.training_jobs import TrainingJobRoutes

Answer = dict[str, object]
Handler = Callable[[Mapping[str, object], LambdaContext], Answer]
Route = Callable[..., Response[str] | Response[bytes]]
# Powertools' validation of answers would read their bytes as text.
BINARY_PATHS = frozenset({"/compositions/<composition_id>/midi"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def make_handler(services: Callable[[], ApiServices]) -> Handler:
    """The handler over services that are asked for at the first call."""
    make_app = cache(lambda: build_app(services()))

    def handle(event: Mapping[str, object], context: LambdaContext) -> Answer:
        log = services().log
        log.append_keys(correlation_id=request_id_of(event), function_request_id=context.aws_request_id)
        answer: Answer = make_app().resolve(event, context)
        log.info(
            "answered", method=event.get("httpMethod"), path=event.get("path"), status=answer["statusCode"]
        )
        return answer

    return handle


def build_app(services: ApiServices) -> APIGatewayRestResolver:
    """The resolver with every route, and with a problem for everything that goes wrong."""
    app = APIGatewayRestResolver(enable_validation=True)
    for path, methods in _routes(services, app).items():
        for method, route in methods.items():
            app.route(path, method, enable_validation=path not in BINARY_PATHS)(route)
        app.route(path, [method for method in METHODS if method not in methods])(_refuse(methods))
    _add_problems(app, services)
    return app


def _routes(services: ApiServices, app: APIGatewayRestResolver) -> dict[str, dict[str, Route]]:
    jobs = TrainingJobRoutes(services, app)
    compositions = CompositionRoutes(services, app)
    library = LibraryRoutes(services, app)
    return {
        "/training-jobs": {"GET": jobs.list, "POST": jobs.create},
        "/training-jobs/<job_id>": {"GET": jobs.show},
        "/training-jobs/<job_id>/metrics": {"GET": jobs.metrics},
        "/training-jobs/<job_id>/samples": {"GET": jobs.samples},
        "/training-jobs/<job_id>/stop": {"POST": jobs.stop},
        "/compositions": {"GET": compositions.list, "POST": compositions.create},
        "/compositions/<composition_id>": {"GET": compositions.show},
        "/compositions/<composition_id>/midi": {"GET": compositions.midi},
        "/models": {"GET": library.list_models},
        "/models/<model_id>": {"GET": library.show_model},
        "/techniques": {"GET": library.list_techniques},
        "/datasets": {"GET": library.list_datasets},
        "/melodies": {"GET": library.list_melodies},
    }


def _refuse(methods: Mapping[str, Route]) -> Route:
    """The route of every other method of a known path."""
    allowed = ", ".join(sorted(methods))

    def refuse() -> Response[str]:
        raise ProblemError(
            ProblemCode.METHOD_NOT_ALLOWED, f"this path offers {allowed}", headers={"Allow": allowed}
        )

    return refuse


def _add_problems(app: APIGatewayRestResolver, services: ApiServices) -> None:
    def encode(error: ProblemError) -> Response[str]:
        return encode_problem(error, request_id_of(app.current_event.raw_event))

    def on_domain_error(error: ContinuoError) -> Response[str]:
        problem = to_problem_error(error)
        if problem.code is ProblemCode.INTERNAL:
            services.log.exception(error.message, code=error.code)
        return encode(problem)

    def on_wrong_parameters(error: RequestValidationError) -> Response[str]:
        faults = tuple(FieldFault(f"/{entry['loc'][-1]}", entry["msg"]) for entry in error.errors())
        return encode(ProblemError(ProblemCode.INVALID_VALUES, "a parameter is wrong", faults))

    def on_unknown_path(_: Exception) -> Response[str]:
        return encode(ProblemError(ProblemCode.NOT_FOUND, "no such path"))

    def on_bug(error: Exception) -> Response[str]:
        # The outermost edge: whatever else was raised is our bug, logged whole, and told without details.
        services.log.exception("unhandled")
        return encode(ProblemError(ProblemCode.INTERNAL, INTERNAL_DETAIL))

    app.exception_handler(Exception)(on_bug)
    app.exception_handler(RequestValidationError)(on_wrong_parameters)
    app.exception_handler(ProblemError)(encode)
    app.exception_handler(ContinuoError)(on_domain_error)
    app.not_found(on_unknown_path)


handle = make_handler(bootstrap.api)
