"""One real engine for the session, and what is deployed to it by plain SDK calls."""

from __future__ import annotations

import io
import json
import time
import zipfile

import pytest

from localcloud.cloud import start_local_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    with start_local_cloud(tmp_path_factory.mktemp("local-cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def aws(cloud):
    return Aws(cloud.session())


class Aws:
    """Builders of what a test needs in the account; every name is made by the caller."""

    def __init__(self, session):
        self.session = session
        self.dynamodb = session.client("dynamodb")
        self.iam = session.client("iam")
        self.functions = session.client("lambda")
        self.machines = session.client("stepfunctions")
        self.queues = session.client("sqs")

    def make_role(self, name, service, allowed=()):
        """A role for a service; `allowed` are (action, resource) pairs."""
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))["Role"]
        if allowed:
            self.allow(name, allowed)
        return role["Arn"]

    def allow(self, role_name, allowed):
        statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in allowed]
        self.iam.put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=policy(statements))

    def forbid_all(self, role_name):
        self.iam.delete_role_policy(RoleName=role_name, PolicyName="p")

    def make_function(self, name, code, allowed=(), environment=None):
        """A Python function from source text with `handle`, under a role of its own."""
        role = self.make_role(f"{name}-role", "lambda.amazonaws.com", allowed)
        return self.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handle",
            Role=role,
            Timeout=20,
            Code={"ZipFile": zipped("index.py", code)},
            Environment={"Variables": environment or {}},
        )["FunctionArn"]

    def call(self, name, event=None):
        """(whether it failed, its answer)."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event or {}))
        return "FunctionError" in answer, json.loads(answer["Payload"].read())

    def make_table(self, name):
        """A table with a stream: the stream's ARN."""
        return self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]

    def put(self, table, *keys):
        for key in keys:
            self.dynamodb.put_item(TableName=table, Item={"pk": {"S": key}})

    def make_queue(self, name):
        """(URL, ARN)"""
        url = self.queues.create_queue(QueueName=name)["QueueUrl"]
        attributes = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, attributes["Attributes"]["QueueArn"]

    def make_machine(self, name, states, allowed=(), trusted="states.amazonaws.com"):
        """A state machine that begins with the first state, under a role of its own."""
        definition = {"StartAt": next(iter(states)), "States": states}
        return self.machines.create_state_machine(
            name=name,
            definition=json.dumps(definition),
            roleArn=self.make_role(f"{name}-role", trusted, allowed),
        )["stateMachineArn"]

    def run(self, machine_arn, value=None):
        """The execution's description once it has ended."""
        started = self.machines.start_execution(stateMachineArn=machine_arn, input=json.dumps(value or {}))
        describe = lambda: self.machines.describe_execution(executionArn=started["executionArn"])  # noqa: E731
        return wait_for(describe, lambda execution: execution["status"] != "RUNNING")


@pytest.fixture(name="wait_for")
def given_wait_for():
    return wait_for


def policy(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def zipped(name, text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, text)
    return data.getvalue()


def wait_for(look, is_enough, seconds=20):
    """What `look` saw last, as soon as it is enough, or when the time is over."""
    deadline = time.monotonic() + seconds
    seen = look()
    while not is_enough(seen) and time.monotonic() < deadline:
        time.sleep(0.05)
        seen = look()
    return seen
