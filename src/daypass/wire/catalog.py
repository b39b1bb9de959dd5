"""The catalog of the served services, which finds the operation that a request calls.

The models are botocore's own files (`model_files`). An operation is compiled when it is first
called (`operation_model`); `Catalog.compile_all` compiles all at once, to show that every operation
can be compiled.
"""

import re
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from daypass.core.http import normalization, paths
from daypass.wire.errors import WireFault
from daypass.wire.interface import ServiceInterface
from daypass.wire.limits import PAGE_SIZE
from daypass.wire.message import HttpRequest
from daypass.wire.model_files import load_model, model_corrections, read_model_part
from daypass.wire.operation_model import OperationCall, OperationModel, ServiceModel
from daypass.wire.paginate import Paginator
from daypass.wire.protocols import query, restjson


class Catalog:
    """All served services by name; `identify` finds the operation of a request."""

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
        self._found: dict[tuple[str, str, str | None], OperationModel] = {}
        """Operations that were found before; their number is bounded by the models."""
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

    def identify(
        self, request: HttpRequest, scope: str | None
    ) -> Generator[None, None, OperationCall]:
        """Work out, in steps, the operation that a request calls.

        It is named by X-Amz-Target, by the parameter Action, or by the path. `scope` is the
        signing name in the request's signature, None if it is unsigned. A path with dot
        segments matches no operation, because its signature is valid for another path too.
        Raises `WireFault` if no operation matches.
        """
        target = request.header(b"x-amz-target")
        if target:
            return self._by_target(request, target)
        if request.raw_path == b"/":
            return (yield from self._by_action(request, scope))
        return self._by_path(request, scope)

    def has_path(self, raw_path: bytes) -> bool:
        """Return True if any operation of any service has a raw path."""
        path = raw_path.decode("latin-1")
        return path == "/" or (
            paths.is_normalized(raw_path)
            and any(pattern.fullmatch(path) for _, pattern, _ in self._paths)
        )

    def _by_target(self, request: HttpRequest, target: str) -> OperationCall:
        prefix, _, name = target.partition(".")
        service = self._targets.get(prefix)
        operation = service.operations.get(name) if service else None
        if operation is None or request.raw_path != b"/" or request.method != "POST":
            raise WireFault("UnknownOperationException", "There is no such operation.", status=400)
        return OperationCall(operation, request, {})

    def _by_action(
        self, request: HttpRequest, scope: str | None
    ) -> Generator[None, None, OperationCall]:
        if request.method not in {"GET", "POST"}:
            raise WireFault("InvalidAction", f"{request.method} is not a way to call.", status=405)
        fields = yield from query.parse_fields(request)
        action, version = fields.get("Action"), fields.get("Version", "")
        if action is None:
            raise WireFault("MissingAction", "The request has no Action parameter.", status=400)
        operation = self._found.get((action, version, scope))
        if operation is None:
            operation = self._operation_of(action, version, scope)
        if operation is None:
            raise WireFault(
                "InvalidAction",
                f"Could not find operation {_truncate(action)} for version "
                f"{_truncate(version or 'NO_VERSION_SPECIFIED')}",
                status=400,
            )
        return OperationCall(operation, request, fields)

    def _operation_of(self, action: str, version: str, scope: str | None) -> OperationModel | None:
        """Return the operation of an action, of a version or any, for a signing name or any."""
        services = [
            service
            for (known, signing), service in self._versions.items()
            if (not version or known == version) and (scope is None or signing == scope)
        ]
        operation = next(
            (found for each in services if (found := each.operations.get(action))), None
        )
        if operation is not None:
            self._found[action, version, scope] = operation
        return operation

    def _by_path(self, request: HttpRequest, scope: str | None) -> OperationCall:
        path = request.raw_path.decode("latin-1") if paths.is_normalized(request.raw_path) else ""
        for method, pattern, operation in self._paths:
            if (
                scope is not None
                and operation.auth == "v4"
                and scope not in operation.service.signing_names
            ):
                continue
            match = pattern.fullmatch(path) if method == request.method else None
            if match is not None and self._is_variant(operation, request):
                return OperationCall(operation, request, match.groupdict())
        raise WireFault("UnknownOperationException", "There is no such operation.", status=404)

    @staticmethod
    def _is_variant(operation: OperationModel, request: HttpRequest) -> bool:
        """Return True if a request has exactly the literal query in an operation's URI.

        Some operations share a path and differ only in that query.
        """
        literal = operation.http["requestUri"].partition("?")[2]
        pairs = normalization.parse_query(request.raw_query)
        present = [f"{name.decode('latin-1')}={value.decode('latin-1')}" for name, value in pairs]
        if literal:
            return all(each in present for each in literal.split("&"))
        return not any(_QUERY_VARIANT.match(each) for each in present)

    def compile_all(self) -> int:
        """Compile every operation of every service; return their number."""
        operations = [
            each for service in self.services.values() for each in service.operations.values()
        ]
        for operation in operations:
            _ = operation.compiled_parse, operation.validate, operation.serialize
        return len(operations)


_QUERY_VARIANT = re.compile(
    r"aws_iam=t|x-amz-client-auth-method=|x-amz-oauth-token-method=|x-amz-token-request-type="
)


def _truncate(text: str) -> str:
    return text[:128]


def load_catalog(interfaces: Iterable[ServiceInterface]) -> Catalog:
    """Return the catalog of services, from botocore's models.

    Raises `LookupError` if two have one name.
    """
    services: dict[str, ServiceModel] = {}
    for interface in interfaces:
        if interface.name in services:
            raise LookupError(f"two services are called {interface.name}")
        services[interface.name] = _load_service(interface)
    return Catalog(services)


def _paginator(interface: ServiceInterface, raw: Mapping[str, Any]) -> Paginator:
    lists = raw["result_key"]
    first, *more = [lists] if isinstance(lists, str) else lists
    return Paginator(
        input_token=raw["input_token"],
        output_token=raw["output_token"],
        result_key=first,
        limit_key=raw.get("limit_key", ""),
        more_results=raw.get("more_results", ""),
        size=interface.page_size if "limit_key" in raw else PAGE_SIZE,
        more_result_keys=tuple(more),
    )


def _load_service(interface: ServiceInterface) -> ServiceModel:
    folder = interface.model
    pagination = read_model_part(folder, "paginators-1").get("pagination", {})
    pagination |= model_corrections(folder).get("pagination", {})
    paginators = {
        each: _paginator(interface, raw)
        for each, raw in pagination.items()
        if isinstance(raw["input_token"], str)
    }
    return ServiceModel(interface, load_model(folder), paginators)
