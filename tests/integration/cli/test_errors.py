"""What a person sees when something is wrong: one block, a way on, and exit code 1."""

from __future__ import annotations

import socket


def test_problem_is_one_block_with_pointers(continuo, api, bad_values):
    api.problem(bad_values)

    ran = continuo("train", "--dataset", "bach")

    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "Error: Some values are not acceptable (422 invalid-values)",
        "  1 value is wrong",
        "  /hyperparameters/epochs  must be at most 500",
        "  /name                    [bold] is no name",
        "  request request-1",
    ]


def test_error_that_is_no_problem_shows_what_came(continuo, make_plain_error):
    make_plain_error(502, "Bad gateway, sorry")

    ran = continuo("jobs", "stop", "job-1")

    assert ran.code == 1
    assert "The API answered 502" in ran.err
    assert "Bad gateway, sorry" in ran.err


def test_answer_of_another_service_is_told_as_such(continuo, make_newer):
    make_newer({"hello": "world"})

    ran = continuo("models", "model-1")

    assert ran.code == 1
    assert "/dev/models/model-1 answered with something that is no Model" in ran.err


def test_writing_is_never_repeated(continuo, api, make_plain_error):
    make_plain_error(503, "busy")

    ran = continuo("train", "--dataset", "bach")

    assert ran.code == 1
    assert len(api.bodies("POST", "/training-jobs")) == 1


def test_refused_token_says_how_to_sign_in(continuo, monkeypatch):
    monkeypatch.setenv("CONTINUO_TOKEN", "wrong")

    ran = continuo("datasets")

    assert ran.code == 1
    assert "(401)" in ran.err
    assert "continuo token --help" in ran.err


def test_endpoint_without_a_token_says_how_to_sign_in(continuo, api, monkeypatch):
    monkeypatch.delenv("CONTINUO_TOKEN")

    ran = continuo("datasets", "--json")

    assert (ran.code, ran.out) == (1, "")
    assert f"No token for {api.api_url}." in ran.err
    assert "Set CONTINUO_TOKEN" in ran.err
    assert api.seen == []


def test_nobody_there_says_how_to_start(continuo):
    with socket.socket() as held:  # bound, not listening: refuses, and nobody else can take it
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        ran = continuo("datasets", "--endpoint", url)

    assert ran.code == 1
    assert f"{url} cannot be reached" in ran.err
    assert "continuo up" in ran.err


def test_address_that_is_none_is_told(continuo):
    ran = continuo("datasets", "--endpoint", "localhost/dev")

    assert ran.code == 1
    assert "localhost/dev cannot be reached" in ran.err


def test_without_any_deployment_says_how_to_start(continuo, monkeypatch):
    monkeypatch.delenv("CONTINUO_ENDPOINT")

    ran = continuo("datasets")

    assert ran.code == 1
    assert "No local cloud runs on this machine." in ran.err
    assert "continuo up" in ran.err


def test_down_without_a_local_cloud_says_so(continuo):
    ran = continuo("down")

    assert ran.code == 1
    assert "No local cloud runs in" in ran.err


def test_down_leaves_a_process_alone_that_is_not_ours(continuo, local_cloud):
    ran = continuo("down")

    assert ran.code == 1
    assert "is gone or is another one now" in ran.err
