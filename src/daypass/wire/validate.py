"""Validation of input values against a model's constraints.

One error lists all violations, in AWS's words; a service's own sentence replaces the list
(`validation_wording`).

A value that the model marks as sensitive is never repeated in the error. Lengths are checked before
patterns, so that no pattern is matched against a text longer than its own bound, except patterns
that the service words itself: it judges them first.
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
from daypass.wire.validation_wording import COMMON_WORDING, ELEMENT, ValidationWording


class BrokenConstraint(NamedTuple):
    """A constraint that a value breaks: AWS's message, the constraint, and the value's path.

    `own_sentence` is the service's message in place of all violations, empty if it has none.
    """

    message: str
    constraint: ModelConstraint
    path: str
    own_sentence: str = ""


ShapeCheck = Callable[[Any, str, list[BrokenConstraint]], None]
"""Takes a value and its path, and appends the constraints that the value breaks to a list."""


def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    r"""Return a model's compiled pattern; `\w` and `\d` are ASCII unless it uses `\p{…}`."""
    return regex.compile(pattern, 0 if "\\p" in pattern else regex.ASCII)


class Validator:
    """Compiles the checks of one service's shapes, each once."""

    def __init__(self, model: BotocoreModel, wording: ValidationWording = COMMON_WORDING) -> None:
        """Take a service's model and the words of its refusals."""
        self._model = model
        self._wording = wording
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
                raise _violation(problems)

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
            return _compile_text_check(shape, self._wording)
        if shape.kind in {"integer", "long", "float", "double"}:
            return _compile_number_check(shape, self._wording)
        return _accept_anything

    def _structure(self, shape: Shape) -> ShapeCheck:
        nothing = "Value null at" if self._wording.repeats_values else "Value at"
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
                        f"{nothing} '{path}{camel_name}' failed to satisfy constraint: {NOT_NULL}"
                    )
                    problems.append(
                        BrokenConstraint(message, ModelConstraint.REQUIRED, f"{path}{camel_name}")
                    )

        return lambda value, path, problems: check(value, f"{path}." if path else "", problems)

    def _list(self, shape: Shape) -> ShapeCheck:
        assert shape.item is not None  # noqa: S101 - a list has an item
        inner = self._compiled(shape.item.shape)
        length = _compile_length_check(shape, self._wording)
        item = self._model.shape(shape.item.shape)
        if item.kind == "string":
            texts = _compile_texts_check(shape, item, inner, self._wording)
            return _one_after_the_other(length, texts)

        def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            length(value, path, problems)
            for at, each in enumerate(value, 1):
                inner(each, f"{path}.{at}{ELEMENT}", problems)
                _check_problem_limit(problems)

        return check

    def _map(self, shape: Shape) -> ShapeCheck:
        key, inner, length = (
            self._compiled(shape.key),
            self._compiled(shape.value),
            _compile_length_check(shape, self._wording),
        )

        def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
            length(value, path, problems)
            for name, each in value.items():
                key(name, f"{path}.key", problems)
                inner(each, f"{path}.{name[:SHOWN_CHARACTERS_MAX]}.member", problems)
                _check_problem_limit(problems)

        return check


def _violation(problems: list[BrokenConstraint]) -> Violation:
    """Return the fault for broken constraints: the service's own sentence, or all messages."""
    for problem in problems:
        if problem.own_sentence:
            return Violation(
                problem.own_sentence, constraint=problem.constraint, member=problem.path
            )
    errors = "errors" if len(problems) > 1 else "error"
    messages = "; ".join(problem.message for problem in problems)
    return Violation(
        f"{len(problems)} validation {errors} detected: {messages}",
        constraint=problems[0].constraint,
        member=problems[0].path,
    )


NOT_NULL = "Member must not be null"


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
    value: Any,
    path: str,
    constraint: ModelConstraint,
    requirement: str,
    shape: Shape,
    wording: ValidationWording,
) -> BrokenConstraint:
    is_shown = wording.repeats_values and not shape.is_sensitive
    quoted = f" '{_display_value(value)}'" if is_shown else ""
    message = f"Value{quoted} at '{path}' failed to satisfy constraint: {requirement}"
    own_sentence = wording.own_sentence(constraint, path, shape.pattern)
    return BrokenConstraint(message, constraint, path, own_sentence)


def _display_value(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"of {len(value)} elements"
    return str(value)[:SHOWN_CHARACTERS_MAX]


def _longest(shape: Shape) -> str:
    assert shape.maximum is not None  # noqa: S101 - asked for shapes that have one
    return f"Member must have length less than or equal to {_format_number(shape.maximum)}"


def _shortest(shape: Shape) -> str:
    assert shape.minimum is not None  # noqa: S101 - asked for shapes that have one
    return f"Member must have length greater than or equal to {_format_number(shape.minimum)}"


def _matching(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern}"


def _one_of(shape: Shape, wording: ValidationWording) -> str:
    values = f": [{', '.join(shape.enum)}]" if wording.lists_enum_values else ""
    return f"Member must satisfy enum value set{values}"


def _compile_length_check(shape: Shape, wording: ValidationWording) -> ShapeCheck:
    minimum, maximum = shape.minimum, shape.maximum

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        size = len(value)
        if minimum is not None and size < minimum:
            kind = ModelConstraint.LENGTH_MIN
            problems.append(_broken_constraint(value, path, kind, _shortest(shape), shape, wording))
        if maximum is not None and size > maximum:
            kind = ModelConstraint.LENGTH_MAX
            problems.append(_broken_constraint(value, path, kind, _longest(shape), shape, wording))

    return _accept_anything if minimum is None and maximum is None else check


def _format_number(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _compile_texts_check(
    shape: Shape, item: Shape, inner: ShapeCheck, wording: ValidationWording
) -> ShapeCheck:
    """Return the check of the elements of a list of texts, which AWS judges as one.

    However many elements break however many constraints, it is one violation, which names all
    constraints of an element.
    """
    if inner is _accept_anything:
        return inner
    requirements = [
        *([_longest(item)] if item.maximum is not None else ()),
        *([_shortest(item)] if item.minimum is not None else ()),
        *([_matching(item)] if item.pattern else ()),
        *([_one_of(item, wording)] if item.enum else ()),
        *([NOT_NULL] if wording.ends_lists_with_null else ()),
    ]
    requirement = f"Member must satisfy constraint: [{', '.join(requirements)}]"
    is_shown = wording.repeats_values and not (shape.is_sensitive or item.is_sensitive)

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        found: list[BrokenConstraint] = []
        element, at = path + ELEMENT, 0
        try:
            for each in value:
                at += 1
                inner(each, element, found)
                if found:
                    break
        finally:
            if found:
                shown = f" '[{', '.join(value)[:SHOWN_CHARACTERS_MAX]}]'" if is_shown else ""
                message = f"Value{shown} at '{path}' failed to satisfy constraint: {requirement}"
                _, constraint, _, own_sentence = found[0]
                place = f"{path}.{at}{ELEMENT}"
                problems.append(BrokenConstraint(message, constraint, place, own_sentence))

    return check


def _one_after_the_other(first: ShapeCheck, second: ShapeCheck) -> ShapeCheck:
    """Return the check that makes two checks; one of them if the other accepts anything."""
    if first is _accept_anything:
        return second
    if second is _accept_anything:
        return first

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        first(value, path, problems)
        second(value, path, problems)

    return check


def _compile_text_check(shape: Shape, wording: ValidationWording) -> ShapeCheck:
    length = _compile_length_check(shape, wording)
    pattern = compile_pattern(shape.pattern) if shape.pattern and shape.kind == "string" else None
    enum = frozenset(shape.enum)
    if pattern is None and not enum:
        return length
    plain = _plain_characters(shape.pattern) if pattern is not None and not enum else b""
    size_min, size_max = shape.minimum or 1, shape.maximum or QUICK_CHARACTERS
    is_pattern_first = shape.pattern in wording.pattern_sentences

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        if (
            plain
            and size_min <= len(value) <= size_max
            and value.isascii()
            and not value.encode("ascii").translate(None, plain)
        ):
            # One look at all characters in place of the pattern, which takes several times as long.
            return
        length(value, path, problems)
        if enum and value not in enum:
            kind, requirement = ModelConstraint.ENUM, _one_of(shape, wording)
            problems.append(_broken_constraint(value, path, kind, requirement, shape, wording))
        too_long = shape.maximum is not None and len(value) > shape.maximum
        if pattern is None or (too_long and not is_pattern_first):
            return
        is_slow = False
        try:
            if _matches(pattern, value):
                return
        except TimeoutError:
            is_slow = True
        kind = ModelConstraint.PATTERN
        problems.append(_broken_constraint(value, path, kind, _matching(shape), shape, wording))
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


def _compile_number_check(shape: Shape, wording: ValidationWording) -> ShapeCheck:
    minimum, maximum = shape.minimum, shape.maximum
    if minimum is None and maximum is None:
        return _accept_anything

    def check(value: Any, path: str, problems: list[BrokenConstraint]) -> None:
        if minimum is not None and value < minimum:
            kind = ModelConstraint.VALUE_MIN
            words = f"Member must have value greater than or equal to {_format_number(minimum)}"
            problems.append(_broken_constraint(value, path, kind, words, shape, wording))
        if maximum is not None and value > maximum:
            kind = ModelConstraint.VALUE_MAX
            words = f"Member must have value less than or equal to {_format_number(maximum)}"
            problems.append(_broken_constraint(value, path, kind, words, shape, wording))

    return check
