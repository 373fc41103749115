"""When a token ends, and when a new one is fetched."""

from __future__ import annotations

import base64
import json

import pytest

from cli.cognito import SignedInUser, expires_at


def make_token(claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.signature"


class FakePool:
    """Gives tokens that last an hour from `now`."""

    def __init__(self):
        self.now = 1000.0
        self.given = 0

    def sign_in(self, email, password):
        self.given += 1
        return make_token({"exp": self.now + 3600, "n": self.given})


@pytest.fixture
def pool():
    return FakePool()


@pytest.fixture
def anna(pool):
    return SignedInUser(pool, "anna@example.com", "secret", now=lambda: pool.now)


def test_token_is_kept_while_it_lasts(pool, anna):
    first = anna.token()
    pool.now += 3500

    assert anna.token() == first


def test_token_is_fetched_anew_before_it_ends(pool, anna):
    first = anna.token()
    pool.now += 3550

    assert anna.token() != first
    assert pool.given == 2


def test_refused_token_is_replaced(pool, anna):
    first = anna.token()

    renewed = anna.renew()

    assert renewed
    assert anna.token() != first


def test_password_is_not_shown(anna):
    anna.token()

    assert "secret" not in repr(anna)


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "e30.e30.x", make_token({"exp": "soon"})])
def test_token_that_does_not_say_when_it_ends_is_taken_to_last(token):
    assert expires_at(token) == float("inf")


def test_end_is_read_from_the_claims():
    assert expires_at(make_token({"exp": 1234})) == 1234
