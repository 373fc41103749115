"""`train` and `watch`: a job from its request to its end, on a terminal and in a script."""

from __future__ import annotations

import re

import pytest

TRAIN = ["train", "--dataset", "bach", "--name", "First chorales"]


def test_train_posts_what_the_options_say(continuo, api):
    ran = continuo(
        *TRAIN,
        *("--epochs", "6", "--set", "learningRate=0.001", "--set", "seed=3", "--filter", "mode=minor"),
        "--no-watch",
    )

    assert ran.code == 0
    assert api.bodies("POST", "/training-jobs") == [
        {
            "name": "First chorales",
            "technique": "unet-gan",
            "dataset": "bach",
            "filterTags": {"mode": "minor"},
            "hyperparameters": {"learningRate": 0.001, "seed": 3, "epochs": 6},
        }
    ]
    assert "continuo watch job-1" in ran.out


def test_train_without_watching_gives_the_job_as_json(continuo):
    ran = continuo(*TRAIN, "--no-watch", "--json")

    assert ran.json()["status"] == "QUEUED"


def test_watch_piped_prints_a_plain_line_per_change(continuo):
    ran = continuo("watch", "job-1")

    assert ran.code == 0
    assert ran.out.splitlines() == [
        "QUEUED",
        "RUNNING  Starting",
        "RUNNING  Training  epoch 1/6  generator_loss=1.75  critic_loss=-0.5  about 1:01 left",
        "RUNNING  Training  epoch 2/6  generator_loss=1.5  critic_loss=-0.5  about 1:01 left",
        "COMPLETED  Completed  epoch 6/6",
        "Compose with it: continuo compose --model model-1 --melody twinkle",
    ]


def test_states_that_say_nothing_new_are_not_repeated(continuo, api):
    api.jobs = [api.jobs[0]] * 3 + api.jobs

    ran = continuo("watch", "job-1")

    assert len(re.findall("^QUEUED$", ran.out, re.MULTILINE)) == 1


def test_watch_with_json_keeps_standard_output_for_the_last_state(continuo):
    ran = continuo("watch", "job-1", "--json")

    assert ran.json()["status"] == "COMPLETED"
    assert "RUNNING  Starting" in ran.err


def test_watch_of_a_failed_job_tells_why_and_exits_with_1(continuo, api, failed_course):
    api.jobs = failed_course

    ran = continuo("watch", "job-1")

    assert ran.code == 1
    assert "The training job job-1 failed." in ran.err
    assert "training-failed: No piece carries the tag mode=dorian." in ran.err


def test_train_watches_to_the_end_by_itself(continuo):
    ran = continuo(*TRAIN)

    assert ran.code == 0
    assert "COMPLETED" in ran.out


def test_watch_lives_through_a_few_failed_answers(continuo, api, make_broken):
    make_broken(after=1, times=2)

    ran = continuo("watch", "job-1")

    assert ran.code == 0


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--set", "epochs", "expected NAME=VALUE"),
        ("--set", "epochs=many", "epochs needs a number"),
        ("--filter", "=minor", "expected NAME=VALUE"),
    ],
)
def test_bad_pairs_are_refused_before_anything_is_sent(continuo, api, option, value, complaint):
    ran = continuo(*TRAIN, option, value)

    assert ran.code == 2
    assert complaint in ran.err
    assert option in ran.err
    assert api.seen == []


def test_name_that_the_contract_forbids_is_refused_before_anything_is_sent(continuo, api):
    ran = continuo("train", "--dataset", "bach", "--name", "x" * 101)

    assert ran.code == 1
    assert "name: String should have at most 100 characters" in ran.err
    assert api.seen == []
