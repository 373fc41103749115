"""No child of the local cloud sees the caller's own AWS settings."""

from __future__ import annotations

from localcloud.environment import client_environment, engine_environment

OWN = {
    "AWS_PROFILE": "company",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL": "https://real",
    "CDK_DEFAULT_ACCOUNT": "123456789012",
    "PYTHONPATH": "/somewhere",
    "PATH": "/bin",
    "HOME": "/home/me",
}


def test_engine_gets_none_of_the_callers_settings(tmp_path):
    made = engine_environment(OWN, port=4000, temporary=tmp_path, launcher_secret="s")

    assert {"PATH", "HOME"} <= made.keys()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PYTHONPATH"} & made.keys()


def test_engine_enforces_permissions_and_stays_on_this_machine(tmp_path):
    made = engine_environment({}, port=4000, temporary=tmp_path, launcher_secret="s")

    assert made["AUTH"] == "true"
    assert made["BIND_HOST"] == "127.0.0.1"
    assert (made["IOT_MTLS_ENABLED"], made["SFTP_ENABLED"]) == ("0", "0")


def test_client_is_pointed_away_from_the_callers_files(tmp_path):
    made = client_environment(port=4000, access_key_id="AKIA", secret="s", empty_folder=tmp_path)

    assert made["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4000"
    assert made["AWS_CONFIG_FILE"].startswith(str(tmp_path))
    assert made["AWS_SHARED_CREDENTIALS_FILE"].startswith(str(tmp_path))
