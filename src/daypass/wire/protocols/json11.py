"""AWS's JSON 1.1 protocol: the operation in `X-Amz-Target`, one JSON object in, one out."""

from collections.abc import Callable, Mapping
from typing import Any

from daypass.core.http.fields import media_type
from daypass.wire.botocore_model import BotocoreModel
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.protocols import jsonvalues

_CONTENT_TYPES = frozenset(
    {"application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json"}
)


def compile_parse(
    model: BotocoreModel, input_shape: str
) -> Callable[[HttpRequest], dict[str, Any]]:
    """Return a function that parses an operation's input from a request; it raises `WireFault`."""
    members = model.shape(input_shape).members if input_shape else ()
    read = jsonvalues.JsonShapeReader(model).compile_members(members)

    def parse(request: HttpRequest) -> dict[str, Any]:
        if request.header(b"content-encoding"):
            raise WireFault(
                "UnsupportedMediaType", "An encoded body is not understood.", status=415
            )
        if media_type(request.header(b"content-type")) not in _CONTENT_TYPES:
            raise WireFault(
                "UnsupportedMediaType", "The body must be application/x-amz-json-1.1.", status=415
            )
        found: dict[str, Any] = read(jsonvalues.parse_json_object(request.body), "")
        return found

    return parse


def compile_serialize(
    model: BotocoreModel, output_shape: str
) -> Callable[[Mapping[str, Any], str], HttpResponse]:
    """Return a function from an operation's answer and a request id to the response."""
    members = model.shape(output_shape).members if output_shape else ()
    write = jsonvalues.JsonShapeWriter(model).compile_members(members)

    def serialize(answer: Mapping[str, Any], request_id: str) -> HttpResponse:
        headers = (
            (b"content-type", b"application/x-amz-json-1.1"),
            (b"x-amzn-requestid", request_id.encode()),
        )
        # An operation without output has an empty body.
        body = jsonvalues.encode_json(write(answer)) if output_shape else b""
        return HttpResponse(200, headers, body)

    return serialize
