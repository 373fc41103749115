"""AWS's words about a failure, unwrapped."""

from __future__ import annotations

import json

import pytest

from lambdas.domain.failure_sentences import MAX_MESSAGE_CHARACTERS, explain_error, first_sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("AlgorithmError: No piece is long enough., exit code: 1", "No piece is long enough."),
        (
            "AlgorithmError: No piece is long enough.\nTraceback\n  x, exit code: 1",
            "No piece is long enough.",
        ),
        ("AlgorithmError: \n\n  Out of memory\n, exit code: 137", "Out of memory"),
        ("ClientError: Data download failed: no such key", "ClientError: Data download failed: no such key"),
        (
            "AlgorithmError: , exit code: 137",
            "The training container ended with exit code 137 without saying why.",
        ),
        (
            "AlgorithmError: , exit code: -9",
            "The training container ended with exit code -9 without saying why.",
        ),
        ("", "The training container ended without saying why."),
        (None, "The training container ended without saying why."),
    ],
)
def test_first_sentence_is_the_containers_own(reason, sentence):
    assert first_sentence(reason) == sentence


def test_long_sentence_is_cut():
    assert len(first_sentence("x" * 5000)) == MAX_MESSAGE_CHARACTERS


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("Rate exceeded (Service: SageMaker, Status Code: 400, Request ID: a)", "Rate exceeded"),
        (
            "Rate exceeded (Service: SageMaker, Status Code: 400, Request ID: a) (SDK Attempt Count: 1)",
            "Rate exceeded",
        ),
        (json.dumps({"errorMessage": "the table is away", "errorType": "Unavailable"}), "the table is away"),
        (json.dumps(["not", "an", "error"]), '["not", "an", "error"]'),
        ("", "The state machine failed with States.Timeout."),
    ],
)
def test_error_is_explained_by_its_cause(cause, sentence):
    assert explain_error("States.Timeout", cause) == sentence


def test_error_without_name_or_cause_still_says_something():
    assert explain_error("", "") == "The state machine failed with an unnamed error."
