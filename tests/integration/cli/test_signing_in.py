"""Who asks: a given token, the local cloud's demo user, an expired session."""

from __future__ import annotations

import pytest


@pytest.fixture
def continuo_locally(continuo, local_cloud, monkeypatch):
    """No endpoint and no token: only the local cloud's description."""
    monkeypatch.delenv("CONTINUO_ENDPOINT")
    monkeypatch.delenv("CONTINUO_TOKEN")
    return continuo


def test_local_demo_user_signs_in_by_itself(continuo_locally, api):
    ran = continuo_locally("datasets", "--json")

    assert ran.code == 0
    assert api.sign_ins == 1


def test_local_endpoint_given_as_url_signs_in_too(continuo_locally, api):
    ran = continuo_locally("datasets", "--endpoint", f"{api.api_url}/", "--json")

    assert ran.code == 0


def test_refused_token_is_renewed_once_in_mid_watch(continuo_locally, api, change_token):
    change_token(after_calls=2)

    ran = continuo_locally("watch", "job-1")

    assert ran.code == 0
    assert api.sign_ins == 2


def test_local_cloud_that_is_still_starting_is_told(continuo_locally, local_cloud):
    document = local_cloud.read_text().replace('"user":', '"later":')
    local_cloud.write_text(document)

    ran = continuo_locally("datasets")

    assert ran.code == 1
    assert "still starting" in ran.err


def test_wrong_password_is_cognitos_own_sentence(continuo_locally, local_cloud):
    local_cloud.write_text(local_cloud.read_text().replace("1717", "1718"))

    ran = continuo_locally("datasets")

    assert ran.code == 1
    assert "Incorrect username or password." in ran.err


def test_token_command_prints_the_demo_users_token(continuo_locally, api):
    ran = continuo_locally("token")

    assert ran.out == f"{api.token}\n"


def test_token_command_as_json(continuo_locally, api):
    ran = continuo_locally("token", "--json")

    assert ran.json() == {"token": api.token}


def test_given_token_goes_before_the_demo_user(continuo_locally, api, monkeypatch):
    monkeypatch.setenv("CONTINUO_TOKEN", api.token)

    ran = continuo_locally("datasets", "--json")

    assert (ran.code, api.sign_ins) == (0, 0)
