"""AWS's rest-json protocol: input members in path, query, headers and a JSON body.

Source: botocore's models; Smithy, "AWS restJson1 protocol".
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from daypass.core.faults import Violation
from daypass.core.http import normalization
from daypass.core.http.fields import media_type
from daypass.wire.botocore_model import BotocoreModel, Member
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.protocols import jsonvalues, scalars

_LABEL = re.compile(r"\{([A-Za-z0-9_]+)(\+?)\}")


def path_pattern(request_uri: str) -> "re.Pattern[str]":
    """Return a pattern for an operation's raw paths, with the URI's labels as groups."""
    path = request_uri.partition("?")[0]
    parts, at = [], 0
    for label in _LABEL.finditer(path):
        parts += [
            re.escape(path[at : label.start()]),
            f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})",
        ]
        at = label.end()
    return re.compile("".join([*parts, re.escape(path[at:])]))


def compile_parse(
    model: BotocoreModel, input_shape: str
) -> Callable[[HttpRequest, Mapping[str, str]], dict[str, Any]]:
    """Return a function that parses an operation's input from a request and its path's labels."""
    if not input_shape:
        return lambda _request, _labels: {}
    shape = model.shape(input_shape)
    located = [each for each in shape.members if each.location]
    body = tuple(each for each in shape.members if not each.location)
    read_body = _body_reader(model, shape.payload, body)

    def parse(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        query = _query_parameters(request.raw_query)
        found = read_body(request)
        for member in located:
            value = _read_located_member(model, member, request, labels, query)
            if value is not None:
                found[member.name] = value
        return found

    return parse


def _body_reader(
    model: BotocoreModel, payload: str, body: tuple[Member, ...]
) -> Callable[[HttpRequest], dict[str, Any]]:
    reader = jsonvalues.JsonShapeReader(model)
    wrapped = next((each for each in body if each.name == payload), None)
    if wrapped is not None:
        inner = reader.compile_members(model.shape(wrapped.shape).members)
        return lambda request: (
            {wrapped.name: inner(_parse_json_body(request), "")} if request.body else {}
        )
    read = reader.compile_members(body)
    if not body:
        return lambda _request: {}
    return lambda request: read(_parse_json_body(request), "")


def _parse_json_body(request: HttpRequest) -> dict[str, Any]:
    if request.header(b"content-encoding"):
        raise WireFault("UnsupportedMediaType", "An encoded body is not understood.", status=415)
    kind = media_type(request.header(b"content-type"))
    if request.body and kind and "json" not in kind:
        raise WireFault("UnsupportedMediaType", "The body must be JSON.", status=415)
    return jsonvalues.parse_json_object(request.body)


def _query_parameters(raw: bytes) -> dict[str, list[str]]:
    """Return the query's values by parameter name, those of one name sorted, as they are signed."""
    if normalization.has_broken_escape(raw):
        raise jsonvalues.serialization_fault("The request has a broken percent escape.")
    found: dict[str, list[str]] = {}
    for name, value in normalization.parse_query(raw) if raw else ():
        found.setdefault(_decode_utf8(name), []).append(_decode_utf8(value))
    return found


def _decode_label(text: str) -> str:
    """Return a label of a raw path, percent-decoded once."""
    raw = text.encode("latin-1")
    if normalization.has_broken_escape(raw):
        raise jsonvalues.serialization_fault("The request has a broken percent escape.")
    return _decode_utf8(unquote_to_bytes(raw))


def _decode_utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise jsonvalues.serialization_fault("The request is not UTF-8.") from None


def _read_located_member(
    model: BotocoreModel,
    member: Member,
    request: HttpRequest,
    labels: Mapping[str, str],
    query: Mapping[str, list[str]],
) -> Any:
    shape = model.shape(member.shape)
    if member.location == "uri":
        texts = [_decode_label(labels[member.wire_name])]
    elif member.location == "querystring":
        texts = query.get(member.wire_name, [])
    else:
        name = member.wire_name.lower().encode()
        texts = [value.decode("latin-1") for known, value in request.headers if known == name]
    if not texts:
        return None
    if shape.kind == "list":
        assert shape.item is not None  # noqa: S101 - a list has an item
        kind = model.shape(shape.item.shape).kind
        return [scalars.SCALAR_PARSERS[kind](text, member.wire_name, kind) for text in texts]
    if len(texts) > 1:
        raise Violation(f"{member.wire_name} was sent twice.", member=member.wire_name)
    return scalars.SCALAR_PARSERS[shape.kind](texts[0], member.wire_name, shape.kind)


def compile_serialize(
    model: BotocoreModel, output_shape: str, status: int
) -> Callable[[Mapping[str, Any], str], HttpResponse]:
    """Return a function from an operation's answer and a request id to the response.

    `status` is the HTTP status unless the answer has one. An operation without output is answered
    with an empty body.
    """
    if not output_shape:
        return lambda _answer, request_id: HttpResponse(
            status, ((b"x-amzn-requestid", request_id.encode()),), b""
        )
    shape = model.shape(output_shape)
    members = shape.members
    writer = jsonvalues.JsonShapeWriter(model)
    in_body = tuple(each for each in members if not each.location)
    write = writer.compile_members(in_body)
    payload = shape.payload
    in_headers = [each for each in members if each.location == "header"]
    status_member = next((each.name for each in members if each.location == "statusCode"), "")

    def serialize(answer: Mapping[str, Any], request_id: str) -> HttpResponse:
        content: Any = write(answer)
        if payload:
            content = next(iter(content.values()), {})
        headers = [
            (b"content-type", b"application/json"),
            (b"x-amzn-requestid", request_id.encode()),
        ]
        for member in in_headers:
            value = answer.get(member.name)
            if value is not None:
                text = scalars.scalar_formatter(model.shape(member.shape).kind)(value)
                headers.append((member.wire_name.lower().encode(), text.encode("latin-1")))
        code = answer.get(status_member) or status
        return HttpResponse(code, tuple(headers), jsonvalues.encode_json(content))

    return serialize
