"""CloudFormation's three types on the service, called as the emulator calls them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/model"


def make(local, kind, logical_id, **properties):
    return local.service.provisioners()[f"AWS::SageMaker::{kind}"]["create"](logical_id, properties, "stack")


def make_config(local, image="server"):
    container = {"Image": image, "Environment": {"LEVEL": 5}}
    _, model = make(local, "Model", "Model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    serverless = {"MemorySizeInMB": "2048", "MaxConcurrency": "5"}
    variant = {
        "VariantName": "main",
        "ModelName": model["ModelName"],
        "InitialVariantWeight": "1",
        "ServerlessConfig": serverless,
    }
    return make(local, "EndpointConfig", "Config", ProductionVariants=[variant])


def test_stack_makes_an_endpoint_in_service_from_text_for_numbers(local):
    local.server_image()

    config_arn, config = make_config(local)
    arn, attributes = make(
        local,
        "Endpoint",
        "Endpoint",
        EndpointName="bach",
        EndpointConfigName=config["EndpointConfigName"],
    )

    assert config_arn.endswith(f":endpoint-config/{config['EndpointConfigName'].lower()}")
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:endpoint/bach"
    assert attributes == {"EndpointName": "bach"}
    assert local.invoke("bach")["environment"]["LEVEL"] == "5"
    described = local.sagemaker.describe_endpoint(EndpointName="bach")
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"][0]["CurrentServerlessConfig"]["MaxConcurrency"] == 5


def test_changed_model_is_made_beside_the_old_one_and_the_endpoint_moves(local):
    local.server_image(invoke="self.answer(200, b'1')")
    local.server_image("server-2", invoke="self.answer(200, b'2')")
    old_arn, old = make_config(local)
    properties = {"EndpointName": "bach", "EndpointConfigName": old["EndpointConfigName"]}
    physical_id, _ = make(local, "Endpoint", "Endpoint", **properties)

    _, new = make_config(local, "server-2")
    changed = properties | {"EndpointConfigName": new["EndpointConfigName"]}
    types = local.service.provisioners()
    updated = types["AWS::SageMaker::Endpoint"]["update"](physical_id, properties, changed, "stack")
    types["AWS::SageMaker::EndpointConfig"]["delete"](old_arn, {})

    assert updated == (physical_id, {"EndpointName": "bach"})
    assert local.invoke("bach") == 2
    configs = local.sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert [entry["EndpointConfigName"] for entry in configs] == [new["EndpointConfigName"]]


def test_endpoint_that_does_not_come_up_fails_the_resource(local):
    local.image("broken", "sys.exit(1)", preamble="import sys\n")
    _, config = make_config(local, "broken")

    with pytest.raises(Exception, match="did not pass the ping health check"):
        make(local, "Endpoint", "Endpoint", EndpointConfigName=config["EndpointConfigName"])


def test_property_that_sagemaker_does_not_know_fails_the_resource(local):
    local.server_image()

    with pytest.raises(Exception, match='Unknown parameter in input: "Tempo"'):
        make(local, "Model", "Model", PrimaryContainer={"Image": "server"}, ExecutionRoleArn=ROLE, Tempo=3)


def test_deleting_removes_endpoint_and_process_and_twice_does_no_harm(local):
    local.server_image()
    _, config = make_config(local)
    arn, attributes = make(local, "Endpoint", "Endpoint", EndpointConfigName=config["EndpointConfigName"])
    delete = local.service.provisioners()["AWS::SageMaker::Endpoint"]["delete"]

    delete(arn, {})
    delete(arn, {})

    assert local.service.endpoint_process_ids(attributes["EndpointName"]) == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        local.sagemaker.describe_endpoint(EndpointName=attributes["EndpointName"])
