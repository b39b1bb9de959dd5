"""Validation of input values against a model's constraints.

One error lists all violations, in AWS's words.

A value that the model marks as sensitive is never repeated in the error. Lengths are checked before
patterns, so that no pattern is matched against a text longer than its own bound.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import regex

from daypass.core.faults import ModelConstraint, Violation
from daypass.wire.botocore_model import BotocoreModel, Shape
from daypass.wire.limits import (
    MATCH_SECONDS_MAX,
    PROBLEMS_MAX,
    QUICK_CHARACTERS,
    SHOWN_CHARACTERS_MAX,
)


class BrokenConstraint(NamedTuple):
    """A constraint that a value breaks: AWS's message, the constraint, and the value's path."""

    message: str
    constraint: ModelConstraint
    path: str


ShapeCheck = Callable[[Any, str, list[BrokenConstraint]], None]
"""Takes a value and its path, and appends the constraints that the value breaks to a list."""


def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    r"""Return a model's compiled pattern; `\w` and `\d` are ASCII unless it uses `\p{…}`."""
    return regex.compile(pattern, 0 if "\\p" in pattern else regex.ASCII)


class Validator:
    """Compiles the checks of one service's shapes, each once."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._known: dict[str, ShapeCheck] = {}

    def compile_check(self, shape: str) -> Callable[[Any], None]:
        """Return a function that raises `Violation` with all constraints that a value breaks."""
        inner = self._compiled(shape)

        def validate(value: Any) -> None:
            problems: list[BrokenConstraint] = []
            try:  # noqa: SIM105 - `suppress` costs more than most checks
                inner(value, "", problems)
            except _TooManyProblems:
                pass
            if problems:
                errors = "errors" if len(problems) > 1 else "error"
                messages = "; ".join(problem.message for problem in problems)
                first = problems[0]
                raise Violation(
                    f"{len(problems)} validation {errors} detected: {messages}",
                    constraint=first.constraint,
                    member=first.path,
                )

        return validate

    def _compiled(self, name: str) -> ShapeCheck:
        known = self._known.get(name)
        if known is not None:
            return known

        # A shape may contain itself, so the inner reference looks the check up when it runs.
        def later(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            self._known[name](value, path, problems)

        self._known[name] = later
        check = self._known[name] = self._compile(self._model.shape(name))
        return check

    def _compile(self, shape: Shape) -> ShapeCheck:
        if shape.kind == "structure" and not shape.is_document:
            return self._structure(shape)
        if shape.kind == "list":
            return self._list(shape)
        if shape.kind == "map":
            return self._map(shape)
        if shape.kind in {"string", "blob"}:
            return _compile_text_check(shape)
        if shape.kind in {"integer", "long", "float", "double"}:
            return _compile_number_check(shape)
        return _accept_anything

    def _structure(self, shape: Shape) -> ShapeCheck:
        members = [
            (
                each.name,
                _camel_case(each.name),
                each.name in shape.required,
                self._compiled(each.shape),
            )
            for each in shape.members
        ]

        def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            for name, camel_name, is_required, inner in members:
                found = value.get(name)
                if found is not None:
                    inner(found, f"{path}{camel_name}", problems)
                elif is_required:
                    message = (
                        f"Value null at '{path}{camel_name}' failed to satisfy constraint:"
                        " Member must not be null"
                    )
                    problems.append(
                        BrokenConstraint(message, ModelConstraint.REQUIRED, f"{path}{camel_name}")
                    )

        return lambda value, path, problems: check(value, f"{path}." if path else "", problems)

    def _list(self, shape: Shape) -> ShapeCheck:
        assert shape.item is not None  # noqa: S101 - a list has an item
        inner = self._compiled(shape.item.shape)
        length = _compile_length_check(shape)

        def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            length(value, path, problems)
            for at, each in enumerate(value, 1):
                inner(each, f"{path}.{at}.member", problems)
                _check_problem_limit(problems)

        return check

    def _map(self, shape: Shape) -> ShapeCheck:
        key, inner, length = (
            self._compiled(shape.key),
            self._compiled(shape.value),
            _compile_length_check(shape),
        )

        def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            length(value, path, problems)
            for name, each in value.items():
                key(name, f"{path}.key", problems)
                inner(each, f"{path}.{name[:SHOWN_CHARACTERS_MAX]}.member", problems)
                _check_problem_limit(problems)

        return check


class _TooManyProblems(Exception):
    """Ends the validation early: enough problems for one error, or a pattern timed out."""


def _check_problem_limit(problems: list[BrokenConstraint]) -> None:
    if len(problems) >= PROBLEMS_MAX:
        raise _TooManyProblems


def _camel_case(name: str) -> str:
    return name[:1].lower() + name[1:]


def _accept_anything(_value: Any, _path: str, _problems: list[BrokenConstraint]) -> None:
    """Accept any value: the parser has checked its type, and the model has no other constraint."""


def _broken_constraint(
    value: Any, path: str, constraint: ModelConstraint, requirement: str, shape: Shape
) -> BrokenConstraint:
    quoted = "" if shape.is_sensitive else f" '{_display_value(value)}'"
    message = f"Value{quoted} at '{path}' failed to satisfy constraint: {requirement}"
    return BrokenConstraint(message, constraint, path)


def _display_value(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"of {len(value)} elements"
    return str(value)[:SHOWN_CHARACTERS_MAX]


def _compile_length_check(shape: Shape) -> ShapeCheck:
    minimum, maximum = shape.minimum, shape.maximum

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        size = len(value)
        if minimum is not None and size < minimum:
            requirement = f"Member must have length greater than or equal to {minimum:g}"
            problems.append(
                _broken_constraint(value, path, ModelConstraint.LENGTH_MIN, requirement, shape)
            )
        if maximum is not None and size > maximum:
            requirement = f"Member must have length less than or equal to {_format_number(maximum)}"
            problems.append(
                _broken_constraint(value, path, ModelConstraint.LENGTH_MAX, requirement, shape)
            )

    return _accept_anything if minimum is None and maximum is None else check


def _format_number(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _compile_text_check(shape: Shape) -> ShapeCheck:
    length = _compile_length_check(shape)
    pattern = compile_pattern(shape.pattern) if shape.pattern and shape.kind == "string" else None
    enum = frozenset(shape.enum)
    if pattern is None and not enum:
        return length
    plain = _plain_characters(shape.pattern) if pattern is not None and not enum else b""
    size_min, size_max = shape.minimum or 1, shape.maximum or QUICK_CHARACTERS

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        if (
            plain
            and size_min <= len(value) <= size_max
            and value.isascii()
            and not value.encode("ascii").translate(None, plain)
        ):
            # One look at all characters in place of the pattern, which takes several times as long.
            return
        before = len(problems)
        length(value, path, problems)
        if enum and value not in enum:
            requirement = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
            problems.append(
                _broken_constraint(value, path, ModelConstraint.ENUM, requirement, shape)
            )
        too_long = shape.maximum is not None and len(value) > shape.maximum
        if pattern is None or too_long:
            return
        is_slow = False
        try:
            if _matches(pattern, value):
                return
        except TimeoutError:
            is_slow = True
        requirement = f"Member must satisfy regular expression pattern: {shape.pattern}"
        problems.insert(
            before, _broken_constraint(value, path, ModelConstraint.PATTERN, requirement, shape)
        )
        if is_slow:
            raise _TooManyProblems

    return check


_ONE_CLASS = regex.compile(r"\[(?:[^\]\\\[]|\\.)+\][+*]")
"""A pattern that allows any number of the characters of one class."""


def _plain_characters(pattern: str) -> bytes:
    """Return the ASCII characters of which any text matches a pattern.

    Empty unless the pattern is one class of characters, repeated: then each character that matches
    by itself matches among others.
    """
    if not _ONE_CLASS.fullmatch(pattern):
        return b""
    compiled = compile_pattern(pattern)
    return bytes(code for code in range(128) if compiled.fullmatch(chr(code)))


def _matches(pattern: regex.Pattern[str], value: str) -> bool:
    """Return True if a value matches a pattern.

    Raises `TimeoutError` if matching a long value takes too long.

    The models' patterns are AWS's own, and some of them backtrack heavily over a long text.
    """
    if len(value) <= QUICK_CHARACTERS:
        return pattern.fullmatch(value) is not None
    return pattern.fullmatch(value, timeout=MATCH_SECONDS_MAX) is not None


def _compile_number_check(shape: Shape) -> ShapeCheck:
    minimum, maximum = shape.minimum, shape.maximum
    if minimum is None and maximum is None:
        return _accept_anything

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        if minimum is not None and value < minimum:
            requirement = (
                f"Member must have value greater than or equal to {_format_number(minimum)}"
            )
            problems.append(
                _broken_constraint(value, path, ModelConstraint.VALUE_MIN, requirement, shape)
            )
        if maximum is not None and value > maximum:
            requirement = f"Member must have value less than or equal to {_format_number(maximum)}"
            problems.append(
                _broken_constraint(value, path, ModelConstraint.VALUE_MAX, requirement, shape)
            )

    return check
