"""The shape of refusals on the wire."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.services.ssoadmin.conftest import SERVICE

ABSENT = "arn:aws:sso:::instance/ssoins-0000000000000000"


def raw(client, call, **params):
    """Make a call that is refused; return status and body as they were sent."""
    seen = []
    client.meta.events.register(
        "response-received.sso-admin", lambda response_dict, **_more: seen.append(response_dict)
    )
    with pytest.raises(ClientError):
        getattr(client, call)(**params)
    return seen[-1]["status_code"], json.loads(seen[-1]["body"])


@pytest.mark.parametrize(
    ("call", "params", "code", "words"),
    [
        (
            "describe_instance",
            {"InstanceArn": ABSENT},
            "AccessDeniedException",
            "You do not have sufficient access to perform this action.",
        ),
        (
            "describe_region",
            {"InstanceArn": "$own", "RegionName": "eu-west-1"},
            "ResourceNotFoundException",
            "The Region eu-west-1 is not enabled.",
        ),
        (
            "add_region",
            {"InstanceArn": "$own", "RegionName": "us-east-1"},
            "ConflictException",
            "The Region us-east-1 is already enabled.",
        ),
        (
            "remove_region",
            {"InstanceArn": "$own", "RegionName": "us-east-1"},
            "ValidationException",
            "The primary Region us-east-1 cannot be removed.",
        ),
    ],
)
def test_a_refusal_has_its_message_under_both_names(first, call, params, code, words) -> None:
    client = first.client(SERVICE, checked=True)
    params = {name: first.instance if each == "$own" else each for name, each in params.items()}

    assert raw(client, call, **params) == (
        400,
        {"__type": code, "Message": words, "message": words},
    )


@pytest.mark.parametrize("call", ["list_application_providers", "list_applications"])
def test_what_is_not_built_is_answered_with_its_name(first, call) -> None:
    client = first.client(SERVICE, checked=True)
    params = {"InstanceArn": first.instance} if call == "list_applications" else {}
    status, body = raw(client, call, **params)

    assert status == 501
    assert body["__type"] == "NotImplemented"
