"""The endpoint of the template: serverless by default, provisioned by setting, replaceable parts unnamed."""

from __future__ import annotations

from contract.composition import MAX_MIDI_BYTES


def of_type(template: dict, resource_type: str) -> list[dict]:
    return [item["Properties"] for item in template["Resources"].values() if item["Type"] == resource_type]


def variant_of(template: dict) -> dict:
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    (variant,) = config["ProductionVariants"]
    return variant


def test_endpoint_scales_to_zero_by_default(template):
    variant = variant_of(template)

    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    assert of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget") == []


def test_provisioned_endpoint_scales_between_its_bounds(synthesize):
    template = synthesize("local", endpointKind="provisioned", endpointMaxInstanceCount=3)

    variant = variant_of(template)
    (target,) = of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget")

    assert variant["InstanceType"] == "ml.m5.large"
    assert "ServerlessConfig" not in variant
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    assert target["ResourceId"] == "endpoint/continuo-local-provisioned/variant/main"


def test_change_of_kind_makes_a_new_endpoint(template, synthesize):
    """SageMaker does not update a provisioned endpoint to a serverless one; another name replaces it."""
    provisioned = synthesize("local", endpointKind="provisioned", endpointMaxInstanceCount=3)

    names = [
        properties["EndpointName"]
        for stack in (template, provisioned)
        for properties in of_type(stack, "AWS::SageMaker::Endpoint")
    ]

    assert names == ["continuo-local-serverless", "continuo-local-provisioned"]


def test_what_a_change_replaces_has_no_name(template):
    (model,) = of_type(template, "AWS::SageMaker::Model")
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")

    assert "ModelName" not in model
    assert "EndpointConfigName" not in config


def test_functions_know_the_endpoint_by_its_name(template):
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    named = {
        function["Environment"]["Variables"]["ENDPOINT_NAME"]
        for function in of_type(template, "AWS::Lambda::Function")
        if "ENDPOINT_NAME" in function["Environment"]["Variables"]
    }

    assert named == {endpoint["EndpointName"]} == {template["Outputs"]["EndpointName"]["Value"]}


def test_local_stage_names_the_image_that_the_local_cloud_runs(template):
    (model,) = of_type(template, "AWS::SageMaker::Model")

    assert model["PrimaryContainer"]["Image"] == "continuo-inference:local"


def test_container_knows_its_region(template):
    (model,) = of_type(template, "AWS::SageMaker::Model")

    assert model["PrimaryContainer"]["Environment"] == {"AWS_DEFAULT_REGION": {"Ref": "AWS::Region"}}


def test_largest_midi_fits_a_serverless_request():
    assert MAX_MIDI_BYTES * 4 / 3 < 4 * 1024 * 1024
