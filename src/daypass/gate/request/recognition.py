"""Exactly one operation, or a refusal: by method, level, selector and a few arguments."""

from collections.abc import Iterable, Mapping

from daypass.gate.protocol import preconditions
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import query_arguments
from daypass.gate.request.operation_row import Conditions, Level, OperationRow
from daypass.gate.request.query_parameters import QueryParameters
from daypass.gate.request.request_target import RequestTarget

NOT_ALLOWED = "The specified method is not allowed against this resource."
_COPY_SOURCE = "x-amz-copy-source"


class OperationRecognizer:
    """Every operation by its place: level, method and selector."""

    def __init__(self, rows: Iterable[OperationRow]) -> None:
        """Sort rows; raises `ValueError` for two that no request could tell apart."""
        places: dict[tuple[Level, str, str], list[OperationRow]] = {}
        for row in rows:
            place = places.setdefault((row.level, row.method, row.selector), [])
            if any(_are_ambiguous(row, each) for each in place):
                raise ValueError(f"{row.name} cannot be told from another operation of its place")
            place.append(row)
        self._places: Mapping[tuple[Level, str, str], tuple[OperationRow, ...]] = {
            # What an argument marks is looked for first.
            place: tuple(sorted(found, key=lambda row: not row.marks))
            for place, found in places.items()
        }
        self.selectors = frozenset(selector for _, _, selector in places if selector)
        """Every selector that there is."""
        self._fixed: dict[str, Mapping[str, str]] = {}
        for row in (row for found in places.values() for row in found if row.selector):
            if row.fixed and self._fixed.setdefault(row.selector, row.fixed) != row.fixed:
                raise ValueError(f"{row.name} gives `{row.selector}` a second meaning")

    def find(
        self,
        method: str,
        target: RequestTarget,
        parameters: QueryParameters,
        headers: Mapping[str, str],
    ) -> OperationRow:
        """Return the operation; raises `S3Error` for what is none, or not here."""
        row = self._find(method, _target_level(target), parameters, headers)
        query_arguments.check_supported(row, parameters.arguments)
        _check_copy(row, headers)
        if row.conditions is Conditions.HEADERS:
            preconditions.check_conditions(headers)
        return row

    def _find(
        self, method: str, level: Level, parameters: QueryParameters, headers: Mapping[str, str]
    ) -> OperationRow:
        selector, given = parameters.selector, parameters.arguments
        if selector in self._fixed and method != "HEAD":
            # Whatever the method, this selector has one meaning.
            _check_fixed(self._fixed[selector], given)
        found = [
            row
            for row in self._places.get((level, method, selector), ())
            if not row.marks or not row.marks.isdisjoint(given)
        ]
        if not found:
            raise self._not_allowed(method, level, selector)
        marks = found[0].marks
        copies = _COPY_SOURCE in headers
        row = next((row for row in found if (row.marks, row.copies) == (marks, copies)), found[0])
        if row.body == "form" and not _is_multipart_form(headers):
            raise self._not_allowed(method, level, selector)
        if len(marks) > 1 and not all(given.get(name) for name in marks):
            raise S3Error("InvalidArgument", f"A part needs both {' and '.join(sorted(marks))}.")
        _check_fixed(row.fixed, given)
        return row

    def _not_allowed(self, method: str, level: Level, selector: str) -> S3Error:
        """Return the refusal of a method, with those that there are (RFC 9110, 15.5.6)."""
        methods = {
            known
            for (at, known, chosen), rows in self._places.items()
            # What only an argument or a form makes an operation is no method of the place.
            if (at, chosen) == (level, selector)
            and any(not row.marks and row.body != "form" for row in rows)
        }
        return S3Error(
            "MethodNotAllowed",
            NOT_ALLOWED,
            details={"Method": method[:16], "ResourceType": level.name},
            headers={"allow": ", ".join(sorted(methods))},
        )


def _are_ambiguous(one: OperationRow, other: OperationRow) -> bool:
    """Say whether a request might be of either of two rows of one place."""
    if one.marks == other.marks:
        return one.copies == other.copies
    return not one.marks.isdisjoint(other.marks)


def _target_level(target: RequestTarget) -> Level:
    if not target.bucket:
        return Level.SERVICE
    return Level.BUCKET if target.key is None else Level.OBJECT


def _is_multipart_form(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "multipart/form-data"


def _check_fixed(fixed: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name, value in fixed.items():
        if given.get(name) != value:
            raise S3Error(
                "InvalidArgument", f"The {name} is not {value}.", details={"ArgumentName": name}
            )


def _check_copy(row: OperationRow, headers: Mapping[str, str]) -> None:
    if (_COPY_SOURCE in headers) is not row.copies or "x-amz-rename-source" in headers:
        raise S3Error(
            "InvalidArgument",
            "This operation takes no copy source.",
            details={"ArgumentName": _COPY_SOURCE},
        )
