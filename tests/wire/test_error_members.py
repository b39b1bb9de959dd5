"""What the body of a JSON error has beside its code, by the model of the service."""

import json

import pytest

from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog
from daypass.wire.error_response import error_response

CATALOG = load_catalog(SERVICES)


@pytest.mark.parametrize(
    ("service", "code", "members"),
    [
        ("identitystore", "ConflictException", {"Message", "message", "RequestId", "Reason"}),
        ("identitystore", "UnrecognizedClientException", {"Message", "message", "Reason"}),
        ("organizations", "InvalidInputException", {"Message", "Reason"}),
    ],
)
def test_an_error_has_the_members_of_its_shape(service, code, members) -> None:
    response = error_response(
        CATALOG.services[service], code, "No.", "the-request", details={"Reason": "WHY"}
    )
    body = json.loads(response.body)

    assert body.keys() == {"__type", *members}
    assert {body[each] for each in members & {"Message", "message"}} == {"No."}
    assert body.get("RequestId", "the-request") == "the-request"
