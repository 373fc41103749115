from __future__ import annotations

import json

import pytest

from training_container.layout import Layout, Resources, read_resources


def test_folders_are_sagemakers(tmp_path):
    layout = Layout(tmp_path)

    places = [layout.dataset, layout.model, layout.checkpoint_file, layout.metrics_file, layout.samples]

    assert [str(place.relative_to(tmp_path)) for place in places] == [
        "input/data/dataset",
        "model",
        "checkpoints/checkpoint.pt",
        "checkpoints/metrics.jsonl",
        "checkpoints/samples",
    ]


def test_resources_ignore_what_sagemaker_adds(tmp_path):
    layout = Layout(tmp_path)
    layout.resources_file.parent.mkdir(parents=True)
    layout.resources_file.write_text(
        json.dumps(
            {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"], "network_interface_name": "eth0"}
        )
    )

    resources = read_resources(layout)

    assert not resources.is_first_host()


@pytest.mark.parametrize(("host", "is_first"), [("algo-1", True), ("algo-2", False), ("algo-10", False)])
def test_first_host_is_the_lowest_of_all(host, is_first):
    assert Resources(current_host=host, hosts=["algo-10", "algo-2", "algo-1"]).is_first_host() is is_first
