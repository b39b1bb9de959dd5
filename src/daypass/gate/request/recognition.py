"""Recognising a request as one operation, by method, level, selector and a few arguments."""

from collections.abc import Iterable, Mapping

from daypass.core.http.fields import media_type
from daypass.gate.protocol import preconditions
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import query_arguments
from daypass.gate.request.operation_row import Conditions, Level, OperationRow
from daypass.gate.request.query_parameters import QueryParameters
from daypass.gate.request.request_target import RequestTarget

NOT_ALLOWED = "The specified method is not allowed against this resource."
_COPY_SOURCE = "x-amz-copy-source"


class OperationRecognizer:
    """The rows of all operations, indexed by level, method and selector."""

    def __init__(self, rows: Iterable[OperationRow]) -> None:
        """Index the rows; raises `ValueError` for two rows that match the same request."""
        places: dict[tuple[Level, str, str], list[OperationRow]] = {}
        for row in rows:
            place = places.setdefault((row.level, row.method, row.selector), [])
            if any(_are_ambiguous(row, each) for each in place):
                raise ValueError(f"{row.name} cannot be told from another operation of its place")
            place.append(row)
        self._places: Mapping[tuple[Level, str, str], tuple[OperationRow, ...]] = {
            # Rows with marker arguments are tried first.
            place: tuple(sorted(found, key=lambda row: not row.marker_arguments))
            for place, found in places.items()
        }
        self.selectors = frozenset(selector for _, _, selector in places if selector)
        """The selectors of all operations."""
        self._fixed: dict[str, Mapping[str, str]] = {}
        for row in (row for found in places.values() for row in found if row.selector):
            if (
                row.fixed_arguments
                and self._fixed.setdefault(row.selector, row.fixed_arguments) != row.fixed_arguments
            ):
                raise ValueError(f"{row.name} gives `{row.selector}` a second meaning")

    def recognize(
        self,
        method: str,
        target: RequestTarget,
        parameters: QueryParameters,
        headers: Mapping[str, str],
    ) -> OperationRow:
        """Return the row of a request's operation; raises `S3Error` if there is none."""
        row = self._find(method, _target_level(target), parameters, headers)
        query_arguments.check_supported(row, parameters.arguments)
        _check_copy(row, headers)
        if row.conditions is Conditions.HEADERS:
            preconditions.check_conditions(headers)
        return row

    def _find(
        self, method: str, level: Level, parameters: QueryParameters, headers: Mapping[str, str]
    ) -> OperationRow:
        selector, arguments = parameters.selector, parameters.arguments
        if selector in self._fixed and method != "HEAD":
            # A selector with a fixed argument has it with every method but HEAD.
            _check_fixed(self._fixed[selector], arguments)
        candidates = [
            row
            for row in self._places.get((level, method, selector), ())
            if not row.marker_arguments or not row.marker_arguments.isdisjoint(arguments)
        ]
        if not candidates:
            raise self._not_allowed(method, level, selector)
        marker_arguments = candidates[0].marker_arguments
        copies = _COPY_SOURCE in headers
        row = next(
            (
                row
                for row in candidates
                if (row.marker_arguments, row.is_copy) == (marker_arguments, copies)
            ),
            candidates[0],
        )
        if row.body == "form" and not _is_multipart_form(headers):
            raise self._not_allowed(method, level, selector)
        if len(marker_arguments) > 1 and not all(arguments.get(name) for name in marker_arguments):
            raise S3Error(
                "InvalidArgument", f"A part needs both {' and '.join(sorted(marker_arguments))}."
            )
        _check_fixed(row.fixed_arguments, arguments)
        return row

    def _not_allowed(self, method: str, level: Level, selector: str) -> S3Error:
        """Return a 405 error with the allowed methods in `Allow` (RFC 9110, 15.5.6)."""
        methods = {
            known
            for (at, known, chosen), rows in self._places.items()
            # A row that needs a marker argument or a form does not make its method allowed here.
            if (at, chosen) == (level, selector)
            and any(not row.marker_arguments and row.body != "form" for row in rows)
        }
        return S3Error(
            "MethodNotAllowed",
            NOT_ALLOWED,
            details={"Method": method[:16], "ResourceType": level.name},
            headers={"allow": ", ".join(sorted(methods))},
        )


def _are_ambiguous(one: OperationRow, other: OperationRow) -> bool:
    """Say whether a request could match two rows of the same level, method and selector."""
    if one.marker_arguments == other.marker_arguments:
        return one.is_copy == other.is_copy
    return not one.marker_arguments.isdisjoint(other.marker_arguments)


def _target_level(target: RequestTarget) -> Level:
    if not target.bucket:
        return Level.SERVICE
    return Level.BUCKET if target.key is None else Level.OBJECT


def _is_multipart_form(headers: Mapping[str, str]) -> bool:
    return media_type(headers.get("content-type", "")) == "multipart/form-data"


def _check_fixed(fixed: Mapping[str, str], arguments: Mapping[str, str]) -> None:
    for name, value in fixed.items():
        if arguments.get(name) != value:
            raise S3Error(
                "InvalidArgument", f"The {name} is not {value}.", details={"ArgumentName": name}
            )


def _check_copy(row: OperationRow, headers: Mapping[str, str]) -> None:
    if (_COPY_SOURCE in headers) is not row.is_copy or "x-amz-rename-source" in headers:
        raise S3Error(
            "InvalidArgument",
            "This operation takes no copy source.",
            details={"ArgumentName": _COPY_SOURCE},
        )
