"""Services and operations compiled from their models: parse, validate, page, serialize.

Each function of an operation is compiled when first used, and cached. Finding the operation of a
request is `catalog`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from botocore import xform_name

from daypass.core import quotas
from daypass.wire import paginate
from daypass.wire.botocore_model import BotocoreModel, Member, Shape
from daypass.wire.interface import ServiceInterface
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.paginate import Paginator
from daypass.wire.protocols import json11, query, restjson
from daypass.wire.validate import Validator

Parse = Callable[["OperationCall"], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ModelError:
    """An error in a service's model: its code in responses and its HTTP status."""

    code: str
    status: int
    message_member: str = "message"
    """The name of the member with the message; some models capitalize it."""
    has_request_id: bool = False
    """Whether the error has a member `RequestId` too."""


class OperationCall(msgspec.Struct, frozen=True):
    """A request whose operation is known, with the fields that were parsed to find it."""

    operation: "OperationModel"
    request: HttpRequest
    fields: Mapping[str, str]
    """The form fields of a query request, or the labels in the path; empty for JSON 1.1."""

    def parse(self) -> dict[str, Any]:
        """Return the operation's input by member name.

        Raises `WireFault` for a request that cannot be parsed.
        """
        return self.operation.compiled_parse(self)


class OperationModel:
    """One operation of one service, with its compiled functions as cached properties."""

    def __init__(self, service: "ServiceModel", name: str, raw: Mapping[str, Any]) -> None:
        self.service = service
        self.name = name
        self.handler_name: str = xform_name(name)
        self.input_shape: str = raw.get("input", {}).get("shape", "")
        self.output_shape: str = raw.get("output", {}).get("shape", "")
        self.http: Mapping[str, Any] = raw["http"]
        self.auth = "none" if raw.get("authtype") == "none" else "v4"
        self.paginator = service.paginators.get(name)
        self._wrapper: str = raw.get("output", {}).get("resultWrapper", "")

    @cached_property
    def compiled_parse(self) -> Parse:
        """Return the function that reads this operation's input from a call."""
        model = self.service.model
        if self.service.protocol == "query":
            if not self.input_shape:
                return lambda _call: {}
            read = query.FormShapeReader(model).compile_structure(self.input_shape)
            return lambda call: read(query.QueryForm(call.fields), "")
        if self.service.protocol == "json":
            parse = json11.compile_parse(model, self.input_shape)
            return lambda call: parse(call.request)
        rest = restjson.compile_parse(model, self.input_shape)
        return lambda call: rest(call.request, call.fields)

    @cached_property
    def validate(self) -> Callable[[dict[str, Any]], None]:
        """Return the function that raises `Violation` for an input that breaks constraints."""
        if not self.input_shape:
            return lambda _params: None
        return self.service.validator.compile_check(self.input_shape)

    @cached_property
    def serialize(self) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        """Return the function from an answer and a request id to a response."""
        model = self.service.model
        if self.service.protocol == "json":
            return json11.compile_serialize(model, self.output_shape)
        if self.service.protocol == "rest-json":
            status = self.http.get("responseCode", 200)
            return restjson.compile_serialize(model, self.output_shape, status)
        return self._query_serialize()

    def _query_serialize(self) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        write = (
            query.XmlShapeWriter(self.service.model).compile_structure(self.output_shape)
            if self.output_shape
            else lambda _answer: ""
        )
        head = f'<{self.name}Response xmlns="{self.service.namespace}">'
        result = self._wrapper or f"{self.name}Result"
        opened, closed = (f"<{result}>", f"</{result}>") if self.output_shape else ("", "")
        tail = f"</{self.name}Response>"

        def serialize(answer: Mapping[str, Any], request_id: str) -> HttpResponse:
            body = (
                f"{head}{opened}{write(answer)}{closed}"
                f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>{tail}"
            )
            headers = (
                (b"content-type", b"text/xml"),
                (b"x-amzn-requestid", request_id.encode()),
            )
            return HttpResponse(200, headers, body.encode())

        return serialize

    @cached_property
    def secret_parameters(self) -> frozenset[str]:
        """Return the names of the input's sensitive members, at any level."""
        return _sensitive_names(self.service.model, self.input_shape, in_lists=True)

    @cached_property
    def secret_results(self) -> frozenset[str]:
        """Return the names of the output's sensitive members, outside of lists and maps."""
        return _sensitive_names(self.service.model, self.output_shape, in_lists=False)

    @cached_property
    def result_members(self) -> frozenset[str]:
        """Return the output's members at any level, as `Structure.Member`."""
        members = _members_below(self.service.model, self.output_shape, in_lists=True)
        return frozenset(f"{structure}.{member.name}" for structure, member in members)

    @cached_property
    def sensitive_result_members(self) -> frozenset[str]:
        """Return the output's sensitive members at any level, as `Structure.Member`."""
        model = self.service.model
        members = _members_below(model, self.output_shape, in_lists=True)
        return frozenset(
            f"{structure}.{member.name}"
            for structure, member in members
            if _is_sensitive(model, member)
        )

    def page_answer(
        self,
        answer: dict[str, Any],
        params: dict[str, Any],
        *,
        owner: str,
        keys: Sequence[bytes],
    ) -> paginate.AnswerSteps:
        """Work out, in steps, the page of an answer that the parameters ask for.

        The whole answer if it has no pages.

        `owner` is the account, or the person, whose markers alone are valid. `keys` are the MAC
        keys of page markers, the newest first. Raises `Violation` for a forged marker.
        """
        if self.paginator is None:
            return answer
        scope = f"{owner}/{self.service.name}/{self.name}"
        return (
            yield from paginate.answer_page(self.paginator, answer, params, scope=scope, keys=keys)
        )


class ServiceModel:
    """One service compiled from its model: protocol, names, operations by name, errors by code."""

    def __init__(
        self, interface: ServiceInterface, model: BotocoreModel, paginators: Mapping[str, Paginator]
    ) -> None:
        self.name = interface.name
        self.action_prefix = interface.action_prefix
        self.refusal_shape = interface.refusal_shape
        self.model = model
        self.paginators = paginators
        metadata = model.metadata
        self.protocol: str = metadata["protocol"]
        self.window_seconds = (
            quotas.QUERY_WINDOW_SECONDS if self.protocol == "query" else quotas.JSON_WINDOW_SECONDS
        )
        """How many seconds a signature's date may differ from the clock."""
        self.version: str = metadata["apiVersion"]
        self.namespace: str = metadata.get("xmlNamespace", "")
        self.target_prefix: str = metadata.get("targetPrefix", "")
        signing = metadata.get("signingName") or metadata["endpointPrefix"]
        self.signing_names = frozenset({signing})
        self.validator = Validator(model, interface.wording)
        self.operations: Mapping[str, OperationModel] = {
            each: OperationModel(self, each, raw) for each, raw in model.operations.items()
        }
        self.errors: Mapping[str, ModelError] = _errors_by_code(model)


def _errors_by_code(model: BotocoreModel) -> dict[str, ModelError]:
    found = {}
    for raw in model.operations.values():
        for each in raw.get("errors", ()):
            shape: Shape = model.shape(each["shape"])
            code = shape.error.get("code", shape.name)
            members = [each.name for each in shape.members if each.name.lower() == "message"]
            error = ModelError(
                code,
                shape.error.get("httpStatusCode", 400),
                members[0] if members else "message",
                has_request_id=any(each.name == "RequestId" for each in shape.members),
            )
            found[code] = error
            found.setdefault(shape.name, error)
    return found


def _sensitive_names(model: BotocoreModel, name: str, *, in_lists: bool) -> frozenset[str]:
    """Return the names of the sensitive members below a shape."""
    members = _members_below(model, name, in_lists=in_lists)
    return frozenset(member.name for _, member in members if _is_sensitive(model, member))


def _members_below(
    model: BotocoreModel, name: str, *, in_lists: bool
) -> Iterator[tuple[str, Member]]:
    """Yield each member below a shape, with the name of its structure.

    Members of structures inside lists and maps are included if `in_lists`.
    """
    waiting, seen = [name] if name else [], set()
    while waiting:
        shape = model.shape(waiting.pop())
        if shape.name in seen:
            continue
        seen.add(shape.name)
        for member in shape.members:
            yield shape.name, member
            waiting.append(member.shape)
        if in_lists:
            waiting += [each.name for each in _shape_and_element(model, shape.name)[1:]]


def _is_sensitive(model: BotocoreModel, member: Member) -> bool:
    """Return True if a member's shape, or that of its list's or map's elements, is sensitive."""
    return any(each.is_sensitive for each in _shape_and_element(model, member.shape))


def _shape_and_element(model: BotocoreModel, name: str) -> list[Shape]:
    """Return a shape, followed by its elements' shape if it is a list or a map."""
    shape = model.shape(name)
    element = shape.item.shape if shape.item else shape.value
    return [shape, model.shape(element)] if element else [shape]
