"""Every service and operation that AWS's models describe: found in a request, parsed, validated, answered.

The models are botocore's own files, read from the installed package. Corrections stand in `patches/`, each with its source.
An operation is compiled when it is first asked for, and kept; `compile_all` compiles everything, for those who want to know
at once that all of it can be.
"""

import gzip
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

import msgspec
from botocore import xform_name

from daypass.core import quotas
from daypass.core.http import paths, reading
from daypass.wire import json11, paginate, query, restjson
from daypass.wire.errors import WireFault
from daypass.wire.interface import Interface
from daypass.wire.limits import PAGE_SIZE
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.paginate import Paginator
from daypass.wire.service_model import Member, Model, Shape
from daypass.wire.validate import Validator

Parse = Callable[["Call"], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Error:
    """An error of a model: the code on the wire and the status."""

    code: str
    status: int
    words: str = "message"
    """The member that holds the message: some models spell it with a capital."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose operation is known, with what finding it has read already."""

    operation: "OperationModel"
    request: HttpRequest
    fields: Mapping[str, str]
    """The form of a query request, or the labels of a path."""

    def parse(self) -> dict[str, Any]:
        """Return the operation's input; raises `WireFault`."""
        return self.operation.compiled_parse(self)


class OperationModel:
    """One operation of one service."""

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
            read = query.Reader(model).structure(self.input_shape)
            return lambda call: read(query.Form(call.fields), "")
        if self.service.protocol == "json":
            parse = json11.compile_parse(model, self.input_shape)
            return lambda call: parse(call.request)
        rest = restjson.compile_parse(model, self.input_shape)
        return lambda call: rest(call.request, call.fields)

    @cached_property
    def validate(self) -> Callable[[dict[str, Any]], None]:
        """Return the function that raises `Invalid` with every violation of an input."""
        if not self.input_shape:
            return lambda _params: None
        return self.service.validator.check(self.input_shape)

    @cached_property
    def serialize(self) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        """Return the function that writes an answer and a request id as a response."""
        model = self.service.model
        if self.service.protocol == "json":
            return json11.compile_serialize(model, self.output_shape)
        if self.service.protocol == "rest-json":
            status = self.http.get("responseCode", 200)
            return restjson.compile_serialize(model, self.output_shape, status)
        return self._query_serialize()

    def _query_serialize(self) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        write = (
            query.Writer(self.service.model).structure(self.output_shape)
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
        """Return the names of the input's members, at any level, that the model calls sensitive."""
        return _names(self.service.model, self.input_shape, in_lists=True)

    @cached_property
    def secret_results(self) -> frozenset[str]:
        """Return the names of the output's members that the model calls sensitive, at any level that is in no list."""
        return _names(self.service.model, self.output_shape, in_lists=False)

    @cached_property
    def results(self) -> frozenset[str]:
        """Return the output's members at any level, as `Structure.Member`."""
        members = _members(self.service.model, self.output_shape, in_lists=True)
        return frozenset(f"{structure}.{member.name}" for structure, member in members)

    @cached_property
    def sensitive_results(self) -> frozenset[str]:
        """Return those members of the output, at any level, that the model calls sensitive, as `Structure.Member`."""
        model = self.service.model
        members = _members(model, self.output_shape, in_lists=True)
        return frozenset(
            f"{structure}.{member.name}"
            for structure, member in members
            if _is_sensitive(model, member)
        )

    def paged(
        self,
        answer: dict[str, Any],
        params: dict[str, Any],
        *,
        account: str,
        keys: Sequence[bytes],
    ) -> paginate.Steps:
        """Work out the answer, or the page of it that was asked for."""
        if self.paginator is None:
            return answer
        scope = f"{account}/{self.service.name}/{self.name}"
        return (yield from paginate.page(self.paginator, answer, params, scope=scope, keys=keys))


class ServiceModel:
    """One service: its model, its names, its operations and errors."""

    def __init__(
        self, interface: Interface, model: Model, paginators: Mapping[str, Paginator]
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
        """How far a signature's date may be from the clock."""
        self.version: str = metadata["apiVersion"]
        self.namespace: str = metadata.get("xmlNamespace", "")
        self.target_prefix: str = metadata.get("targetPrefix", "")
        signing = metadata.get("signingName") or metadata["endpointPrefix"]
        self.signing_names = frozenset({signing})
        self.validator = Validator(model)
        self.operations: Mapping[str, OperationModel] = {
            each: OperationModel(self, each, raw) for each, raw in model.operations.items()
        }
        self.errors: Mapping[str, Error] = _errors(model)


def _errors(model: Model) -> dict[str, Error]:
    found = {}
    for raw in model.operations.values():
        for each in raw.get("errors", ()):
            shape: Shape = model.shape(each["shape"])
            code = shape.error.get("code", shape.name)
            words = [each.name for each in shape.members if each.name.lower() == "message"]
            error = Error(code, shape.error.get("httpStatusCode", 400), *words[:1])
            found[code] = error
            found.setdefault(shape.name, error)
    return found


class Catalog:
    """Every service, and the way from a request to its operation."""

    def __init__(self, services: Mapping[str, ServiceModel]) -> None:
        self.services = services
        self._targets = {
            service.target_prefix: service for service in services.values() if service.target_prefix
        }
        self._versions = {
            (service.version, signing): service
            for service in services.values()
            if service.protocol == "query"
            for signing in service.signing_names
        }
        self._paths = [
            (
                operation.http["method"],
                restjson.path_pattern(operation.http["requestUri"]),
                operation,
            )
            for service in services.values()
            if service.protocol == "rest-json"
            for operation in service.operations.values()
        ]

    def identify(self, request: HttpRequest, scope: str | None) -> Generator[None, None, Call]:
        """Work out the call that a request is; `scope` is the signing name it was signed for, if it was signed.

        A path that its signature shares with another one is none of ours.
        Raises `WireFault` where there is none, or more than one.
        """
        target = request.header(b"x-amz-target")
        if target:
            return self._by_target(request, target)
        if request.raw_path == b"/":
            return (yield from self._by_action(request, scope))
        return self._by_path(request, scope)

    def has_path(self, raw_path: bytes) -> bool:
        """Say whether any operation of any service has that path."""
        path = raw_path.decode("latin-1")
        return path == "/" or (
            paths.is_normal(raw_path)
            and any(pattern.fullmatch(path) for _, pattern, _ in self._paths)
        )

    def _by_target(self, request: HttpRequest, target: str) -> Call:
        prefix, _, name = target.partition(".")
        service = self._targets.get(prefix)
        operation = service.operations.get(name) if service else None
        if operation is None or request.raw_path != b"/" or request.method != "POST":
            raise WireFault("UnknownOperationException", "There is no such operation.", status=400)
        return Call(operation, request, {})

    def _by_action(self, request: HttpRequest, scope: str | None) -> Generator[None, None, Call]:
        if request.method not in {"GET", "POST"}:
            raise WireFault("InvalidAction", f"{request.method} is not a way to call.", status=405)
        fields = yield from query.fields(request)
        action, version = fields.get("Action"), fields.get("Version", "")
        if action is None:
            raise WireFault("MissingAction", "The request has no Action parameter.", status=400)
        services = [
            service
            for (known, signing), service in self._versions.items()
            if (not version or known == version) and (scope is None or signing == scope)
        ]
        operation = next(
            (found for each in services if (found := each.operations.get(action))), None
        )
        if operation is None:
            raise WireFault(
                "InvalidAction",
                f"Could not find operation {_short(action)} for version {_short(version or 'NO_VERSION_SPECIFIED')}",
                status=400,
            )
        return Call(operation, request, fields)

    def _by_path(self, request: HttpRequest, scope: str | None) -> Call:
        path = request.raw_path.decode("latin-1") if paths.is_normal(request.raw_path) else ""
        for method, pattern, operation in self._paths:
            if (
                scope is not None
                and operation.auth == "v4"
                and scope not in operation.service.signing_names
            ):
                continue
            match = pattern.fullmatch(path) if method == request.method else None
            if match is not None and self._is_variant(operation, request):
                return Call(operation, request, match.groupdict())
        raise WireFault("UnknownOperationException", "There is no such operation.", status=404)

    @staticmethod
    def _is_variant(operation: OperationModel, request: HttpRequest) -> bool:
        """Say whether the literal query that some operations have in their URI is there."""
        wanted = operation.http["requestUri"].partition("?")[2]
        pairs = reading.query(request.raw_query)
        has = [f"{name.decode('latin-1')}={value.decode('latin-1')}" for name, value in pairs]
        if wanted:
            return all(each in has for each in wanted.split("&"))
        return not any(_VARIANT.match(each) for each in has)

    def compile_all(self) -> int:
        """Compile every operation and return how many there are."""
        operations = [
            each for service in self.services.values() for each in service.operations.values()
        ]
        for operation in operations:
            _ = operation.compiled_parse, operation.validate, operation.serialize
        return len(operations)


def _names(model: Model, name: str, *, in_lists: bool) -> frozenset[str]:
    """Return the names of the sensitive members below a shape."""
    members = _members(model, name, in_lists=in_lists)
    return frozenset(member.name for _, member in members if _is_sensitive(model, member))


def _members(model: Model, name: str, *, in_lists: bool) -> Iterator[tuple[str, Member]]:
    """Yield each member below a shape with the name of its structure, those of structures in lists and maps if `in_lists`."""
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
            waiting += [each.name for each in _and_inside(model, shape.name)[1:]]


def _is_sensitive(model: Model, member: Member) -> bool:
    """Say whether a member is sensitive itself, or a list or a map of what is."""
    return any(each.is_sensitive for each in _and_inside(model, member.shape))


def _and_inside(model: Model, name: str) -> list[Shape]:
    """Return a shape, and what a list or a map of that shape holds."""
    shape = model.shape(name)
    inside = shape.item.shape if shape.item else shape.value
    return [shape, model.shape(inside)] if inside else [shape]


_VARIANT = re.compile(
    r"aws_iam=t|x-amz-client-auth-method=|x-amz-oauth-token-method=|x-amz-token-request-type="
)


def _short(text: str) -> str:
    return text[:128]


def load(interfaces: Iterable[Interface]) -> Catalog:
    """Return the catalog of some services, from botocore's models; raises `LookupError` for a name that two of them have."""
    services: dict[str, ServiceModel] = {}
    for interface in interfaces:
        if interface.name in services:
            raise LookupError(f"two services are called {interface.name}")
        services[interface.name] = _service(interface)
    return Catalog(services)


def load_model(folder: str) -> Model:
    """Return a model by botocore's folder, with our corrections."""
    raw = _read(folder, "service-2")
    for part, entries in _patch(folder).items():
        if part not in {"source", "pagination"}:
            raw[part].update(entries)
    return Model(raw)


def _patch(folder: str) -> dict[str, Any]:
    """Return our corrections of a service's files: parts of its model, and its pagination."""
    patch = resources.files("daypass.wire") / "patches" / f"{folder}.json"
    return msgspec.json.decode(patch.read_bytes()) if patch.is_file() else {}


def _paginator(interface: Interface, raw: Mapping[str, Any]) -> Paginator:
    lists = raw["result_key"]
    first, *also = [lists] if isinstance(lists, str) else lists
    return Paginator(
        input_token=raw["input_token"],
        output_token=raw["output_token"],
        result_key=first,
        limit_key=raw.get("limit_key", ""),
        more_results=raw.get("more_results", ""),
        size=interface.page_size if "limit_key" in raw else PAGE_SIZE,
        also=tuple(also),
    )


def _service(interface: Interface) -> ServiceModel:
    folder = interface.model
    pagination = _read(folder, "paginators-1").get("pagination", {})
    pagination |= _patch(folder).get("pagination", {})
    paginators = {
        each: _paginator(interface, raw)
        for each, raw in pagination.items()
        if isinstance(raw["input_token"], str)
    }
    return ServiceModel(interface, load_model(folder), paginators)


def _read(folder: str, part: str) -> Any:
    versions = resources.files("botocore") / "data" / folder
    newest = max(each.name for each in versions.iterdir() if each.is_dir())
    packed = versions / newest / f"{part}.json.gz"
    plain = versions / newest / f"{part}.json"
    if packed.is_file():
        return msgspec.json.decode(gzip.decompress(packed.read_bytes()))
    return msgspec.json.decode(plain.read_bytes()) if plain.is_file() else {}
