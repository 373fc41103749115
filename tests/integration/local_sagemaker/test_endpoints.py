"""Models, endpoint configurations, endpoints and invocations, by boto3."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from localcloud.sagemaker.timing import Timing

ROLE = "arn:aws:iam::000000000000:role/training"
BASE = "arn:aws:sagemaker:us-east-1:000000000000"
MEGABYTE = 1024 * 1024


def refusal(call, *positional, **request):
    with pytest.raises(ClientError) as refused:
        call(*positional, **request)
    return refused.value.response


def test_endpoint_serves_with_the_models_environment_and_its_roles_rights(local, monkeypatch):
    monkeypatch.setenv("ADMIN_SECRET", "leaked")

    endpoint = local.make_endpoint("bach", local.server_image(), Environment={"MINE": "yes"})
    told = local.invoke(
        "bach", b"notes", ContentType="text/notes", Accept="text/x", CustomAttributes="seed=1"
    )

    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointArn"] == f"{BASE}:endpoint/bach"
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert told["body"] == "notes"
    assert told["headers"]["content-type"] == "text/notes"
    assert told["headers"]["accept"] == "text/x"
    assert told["headers"]["x-amzn-sagemaker-custom-attributes"] == "seed=1"
    assert told["environment"]["MINE"] == "yes"
    assert told["environment"]["AWS_ACCESS_KEY_ID"] == "ASIAROLE"
    assert "ADMIN_SECRET" not in told["environment"]
    assert local.service.endpoint_process_ids("bach") == [told["pid"]]
    assert ("AKIATEST", "sagemaker:InvokeEndpoint", f"{BASE}:endpoint/bach", {}) in local.rights.asked


def test_answer_comes_back_as_the_container_gave_it(local):
    image = local.server_image(
        invoke="""
        self.answer(200, bytes(range(256)), "audio/midi", X_Amzn_SageMaker_Custom_Attributes="took=3")
        """
    )
    local.make_endpoint("midi", image)

    answer = local.runtime.invoke_endpoint(EndpointName="midi", Body=b"x")

    assert answer["Body"].read() == bytes(range(256))
    assert answer["ContentType"] == "audio/midi"
    assert answer["CustomAttributes"] == "took=3"
    assert answer["InvokedProductionVariant"] == "main"


def test_model_data_is_unpacked_beside_the_server(local):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("weights")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"bach"))
    local.put("models/model.tar.gz", packed.getvalue(), bucket="artifacts")
    image = local.server_image(
        invoke="""
        weights = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model/weights"
        self.answer(200, json.dumps(weights.read_text()).encode())
        """
    )

    local.make_endpoint("data", image, ModelDataUrl="s3://artifacts/models/model.tar.gz")

    assert local.invoke("data") == "bach"


def test_server_output_reaches_cloudwatch_logs(local):
    local.make_endpoint("logged", local.server_image())

    group = "/aws/sagemaker/Endpoints/logged"
    (event,) = local.wait(
        lambda: local.logs.filter_log_events(logGroupName=group)["events"] if group in groups(local) else []
    )

    assert event["message"] == "serving"


def groups(local):
    return [group["logGroupName"] for group in local.logs.describe_log_groups()["logGroups"]]


def test_container_that_ends_at_once_fails_the_endpoint_with_a_reason(local):
    image = local.image("broken", "sys.exit('no such model')", preamble="import sys\n")

    endpoint = local.make_endpoint("broken", image)

    assert endpoint["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert "no such model" in endpoint["FailureReason"]
    error = refusal(local.invoke, "broken")["Error"]
    assert error == {
        "Code": "ValidationError",
        "Message": "Endpoint broken of account 000000000000 not found.",
    }


def test_unknown_endpoint_is_a_validation_error(local):
    response = refusal(local.invoke, "nobody")

    assert response["Error"]["Code"] == "ValidationError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_invocation_without_the_right_is_denied(local):
    local.make_endpoint("closed", local.server_image())
    local.rights.forbidden.add("sagemaker:InvokeEndpoint")

    response = refusal(local.invoke, "closed")

    assert response["Error"]["Code"] == "AccessDeniedException"
    assert "sagemaker:InvokeEndpoint" in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_containers_error_is_a_model_error_with_its_own_words(local):
    local.make_endpoint("refuses", local.server_image(invoke="self.answer(422, b'no melody')"))

    response = refusal(local.invoke, "refuses")

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 422
    assert response["OriginalMessage"] == "no melody"
    assert response["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/refuses")
    assert response["Error"]["Message"].startswith(
        'Received client error (422) from primary with message "no'
    )


def test_container_that_takes_too_long_is_a_model_error(unstarted):
    local = unstarted.start(Timing(poll=0.02, supervise=0.05, invocation=0.3))
    local.make_endpoint("slow", local.server_image(invoke="time.sleep(600)"))

    response = refusal(local.invoke, "slow")

    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 0
    assert "timed out" in response["OriginalMessage"]


@pytest.mark.parametrize(("max_concurrency", "megabytes"), [(None, 6), (2, 4)])
def test_payload_is_limited_by_the_kind_of_endpoint(local, max_concurrency, megabytes):
    image = local.server_image(invoke="self.answer(200, str(len(body)).encode())")
    local.make_endpoint("large", image, max_concurrency)

    most = local.invoke("large", bytes(megabytes * MEGABYTE))
    refused = refusal(local.invoke, "large", bytes(megabytes * MEGABYTE + 1))

    assert most == megabytes * MEGABYTE
    assert refused["Error"]["Code"] == "ValidationError"
    assert str(megabytes * MEGABYTE) in refused["Error"]["Message"]


def test_killed_server_of_a_provisioned_endpoint_comes_back_by_itself(local):
    local.make_endpoint("phoenix", local.server_image())
    first = local.invoke("phoenix")["pid"]

    os.kill(first, signal.SIGKILL)
    second = local.wait(
        lambda: [pid for pid in local.service.endpoint_process_ids("phoenix") if pid != first]
    )
    answer = local.wait(lambda: answered(local, "phoenix"))

    assert [answer["pid"]] == second


def test_killed_server_of_a_serverless_endpoint_fails_one_request_and_then_starts(local):
    local.make_endpoint("phoenix", local.server_image(), max_concurrency=2)
    first = local.invoke("phoenix")["pid"]

    os.kill(first, signal.SIGKILL)
    local.wait(lambda: not local.service.endpoint_process_ids("phoenix"))
    refused = refusal(local.invoke, "phoenix")
    second = local.invoke("phoenix")["pid"]

    assert refused["Error"]["Code"] == "ServiceUnavailable"
    assert second != first


def test_request_in_progress_fails_when_the_server_dies(local):
    image = local.server_image(
        invoke="""
        if body == b"die":
            os._exit(1)
        self.answer(200, b"1")
        """
    )
    local.make_endpoint("dies", image, max_concurrency=2)

    refused = refusal(local.invoke, "dies", b"die")

    assert refused["Error"]["Code"] == "ModelError"
    assert refused["OriginalStatusCode"] == 503


def answered(local, name):
    """None while the server is being started again."""
    try:
        return local.invoke(name)
    except local.runtime.exceptions.ServiceUnavailable:
        return None


def test_sleeping_serverless_endpoint_starts_for_the_request_that_needs_it(local):
    local.make_endpoint("sleepy", local.server_image(), max_concurrency=2)
    first = local.invoke("sleepy")["pid"]

    local.service.put_endpoint_to_sleep("sleepy")
    asleep = local.service.endpoint_process_ids("sleepy")
    second = local.invoke("sleepy")["pid"]

    assert asleep == []
    assert second != first


def test_serverless_endpoint_throttles_above_its_concurrency(local):
    image = local.server_image(
        invoke="""
        folder = Path(os.environ["WAIT_IN"])
        (folder / body.decode()).touch()
        while not (folder / "go-on").exists():
            time.sleep(0.01)
        self.answer(200, b"1")
        """
    )
    folder = local.folder / "waiting"
    folder.mkdir()
    local.make_endpoint("busy", image, max_concurrency=2, Environment={"WAIT_IN": str(folder)})

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(local.invoke, "busy", name) for name in (b"a", b"b")]
        local.wait(lambda: len(list(folder.iterdir())) == 2)
        refused = refusal(local.invoke, "busy", b"c")
        (folder / "go-on").touch()
        answers = [future.result() for future in running]

    assert refused["Error"]["Code"] == "ThrottlingException"
    assert answers == [1, 1]
    assert local.invoke("busy", b"d") == 1


def test_update_serves_the_new_model_and_a_broken_one_keeps_the_old(local):
    local.make_endpoint("moving", local.server_image(invoke="self.answer(200, b'1')"))
    two = local.make_model("two", local.server_image("server-2", invoke="self.answer(200, b'2')"))
    broken = local.make_model("broken", local.image("broken", "sys.exit(1)", preamble="import sys\n"))
    client = local.sagemaker

    client.update_endpoint(EndpointName="moving", EndpointConfigName=local.make_config("two", two))
    updated = local.wait_for_endpoint("moving")
    served = local.invoke("moving")
    client.update_endpoint(EndpointName="moving", EndpointConfigName=local.make_config("broken", broken))
    rolled_back = local.wait_for_endpoint("moving")

    assert (updated["EndpointStatus"], updated["EndpointConfigName"]) == ("InService", "two")
    assert served == 2
    assert (rolled_back["EndpointStatus"], rolled_back["EndpointConfigName"]) == ("InService", "two")
    assert "ping health check" in rolled_back["FailureReason"]
    assert local.invoke("moving") == 2
    local.wait(lambda: len(local.service.endpoint_process_ids("moving")) == 1)


def test_deleted_endpoint_is_gone_with_its_process(local):
    local.make_endpoint("gone", local.server_image())
    (pid,) = local.service.endpoint_process_ids("gone")
    client = local.sagemaker

    client.delete_endpoint(EndpointName="gone")
    local.wait(lambda: not client.list_endpoints()["Endpoints"])

    error = refusal(client.describe_endpoint, EndpointName="gone")["Error"]
    assert error == {
        "Code": "ValidationException",
        "Message": f'Could not find endpoint "{BASE}:endpoint/gone".',
    }
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_models_and_configurations_are_described_listed_and_deleted(local):
    client = local.sagemaker
    local.make_config("config", local.make_model("model", local.server_image(), Environment={"A": "b"}))

    model = client.describe_model(ModelName="model")
    config = client.describe_endpoint_config(EndpointConfigName="config")
    listed = client.list_models(NameContains="mod")["Models"]
    listed_configs = client.list_endpoint_configs()["EndpointConfigs"]
    client.delete_endpoint_config(EndpointConfigName="config")
    client.delete_model(ModelName="model")

    assert model["ModelArn"] == f"{BASE}:model/model"
    assert model["PrimaryContainer"]["Environment"] == {"A": "b"}
    assert config["ProductionVariants"][0]["ModelName"] == "model"
    assert [entry["ModelName"] for entry in listed] == ["model"]
    assert [entry["EndpointConfigName"] for entry in listed_configs] == ["config"]
    assert client.list_models()["Models"] == []
    error = refusal(client.describe_model, ModelName="model")["Error"]
    assert error["Message"] == f'Could not find model "{BASE}:model/model".'


def test_configuration_needs_an_existing_model(local):
    error = refusal(local.make_config, "config", "nobody")["Error"]

    assert error["Code"] == "ValidationException"
    assert "Could not find model" in error["Message"]


def test_second_endpoint_of_the_name_is_refused(local):
    local.make_endpoint("one", local.server_image())

    error = refusal(local.sagemaker.create_endpoint, EndpointName="one", EndpointConfigName="one")["Error"]

    assert "Cannot create already existing endpoint" in error["Message"]
    assert local.invoke("one")["body"] == "{}"


def test_slow_model_holds_up_no_other_request(local):
    image = local.server_image(
        invoke="""
        if body == b"slow":
            while not Path(os.environ["GO_ON"]).exists():
                time.sleep(0.01)
        self.answer(200, b"1")
        """
    )
    go_on = local.folder / "go-on"
    local.make_endpoint("shared", image, Environment={"GO_ON": str(go_on)})
    answers = []

    slow = threading.Thread(target=lambda: answers.append(local.invoke("shared", b"slow")))
    slow.start()
    quick = local.invoke("shared", b"quick")
    described = local.sagemaker.describe_endpoint(EndpointName="shared")["EndpointStatus"]
    before = list(answers)
    go_on.touch()
    slow.join()

    assert (quick, described, before, answers) == (1, "InService", [], [1])
