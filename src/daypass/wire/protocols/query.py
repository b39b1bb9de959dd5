"""AWS's query protocol: a form as input, XML as output.

Source: botocore's models; Smithy, "AWS query protocol".
"""

from collections.abc import Callable, Generator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

from daypass.core.http import normalization
from daypass.core.http.fields import media_type
from daypass.wire.botocore_model import BotocoreModel, Member, Shape
from daypass.wire.errors import WireFault, is_plain_xml, xml_text
from daypass.wire.limits import DECODED_PER_STEP, FORM_DEPTH_MAX, FORM_FIELDS_MAX, LIST_MAX
from daypass.wire.message import HttpRequest
from daypass.wire.protocols import scalars

Fields = dict[str, str]


class QueryForm(Fields):
    """The fields of a query request by name, and the prefixes of their dotted names."""

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Return the prefixes of all names: `Tags` and `Tags.member` of `Tags.member.1`."""
        found = set()
        for name in self:
            at = name.find(".")
            for _ in range(FORM_DEPTH_MAX):
                if at < 0:
                    break
                found.add(name[:at])
                at = name.find(".", at + 1)
        return frozenset(found)


Parse = Callable[[QueryForm, str], Any]
"""Takes the form and a field name or prefix; returns the parsed value, None if the form has
none."""
Texts = list[str] | None
"""The texts that an element was made of, which are not escaped; None: each is escaped."""
Write = Callable[[Any, str, Texts], str]
"""Takes a value and the name of its XML element; returns the element.

If the third is a list, the texts in the element are added to it instead of being escaped.
"""


def parse_fields(request: HttpRequest) -> Generator[None, None, Fields]:
    """Return a request's parameters by name, from its form body and its query.

    A generator that yields between steps, so that a large form does not hold up other requests.

    In a form `+` is a space; in a query it is a plus, because signatures take it so. Raises
    `WireFault` for another content type, a duplicate parameter, too many parameters, or a broken
    escape.
    """
    if request.header(b"content-encoding"):
        raise WireFault("UnsupportedMediaType", "An encoded body is not understood.", status=415)
    found: Fields = {}
    if request.body:
        kind = request.header(b"content-type")
        if kind not in _USUAL_FORM_TYPES and media_type(kind) != FORM:
            raise WireFault(
                "MalformedQueryString",
                "The body must be application/x-www-form-urlencoded.",
                status=400,
            )
        yield from _read_form(request.body, found)
    if request.raw_query:
        _check_parameters(request.raw_query)
        for name, value in normalization.parse_query(request.raw_query):
            _add_field(found, _decode_utf8(name), _decode_utf8(value))
    return found


FORM = "application/x-www-form-urlencoded"
_USUAL_FORM_TYPES = frozenset({FORM, f"{FORM}; charset=utf-8"})
_USUAL_FORM_TYPES_SENT = frozenset(each.encode() for each in _USUAL_FORM_TYPES)


def is_plain_form(request: HttpRequest) -> bool:
    """Return True if a request is a form and nothing else, so that its body is all that is read."""
    headers = request.headers
    if not isinstance(headers, normalization.NormalizedHeaders):
        return False
    by_name = headers.by_name
    return (
        by_name.get(b"content-type") in _USUAL_FORM_TYPES_SENT
        and request.method == "POST"
        and request.raw_path == b"/"
        and not request.raw_query
        and b"content-encoding" not in by_name
        and b"x-amz-target" not in by_name
        and len(by_name) == len(headers)
    )


def _check_parameters(raw: bytes) -> None:
    if raw.count(b"&") >= FORM_FIELDS_MAX:
        raise WireFault("MalformedQueryString", "The request has too many parameters.")
    if normalization.has_broken_escape(raw):
        raise WireFault("MalformedQueryString", "The request has a broken percent escape.")


def _add_field(found: Fields, name: str, value: str) -> None:
    if name in found:
        raise WireFault("InvalidParameterCombination", f"The parameter {name[:80]} was sent twice.")
    found[name] = value


def _read_form(raw: bytes, found: Fields) -> Generator[None, None, None]:
    _check_parameters(raw)
    decoded = 0
    # Bytes above ASCII keep their values until they are decoded with the escapes around them.
    for piece in raw.decode("latin-1").split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        if not _is_plain(piece):
            if not _is_plain(name):
                name = yield from _decode_in_steps(name)
            if len(value) <= _SHORT:
                value = _decode_escapes(value)
            else:
                value = yield from _decode_in_steps(value)
            decoded += len(piece)
            if decoded >= DECODED_PER_STEP:
                decoded = 0
                yield
        _add_field(found, name, value)


def _is_plain(text: str) -> bool:
    return text.isascii() and "%" not in text and "+" not in text


_SHORT = 1_024
"""The longest value, in characters, that is decoded without a step of its own."""


def _decode_escapes(text: str) -> str:
    return _decode_utf8(unquote_to_bytes(text.replace("+", " ").encode("latin-1")))


def _decode_in_steps(text: str) -> Generator[None, None, str]:
    if len(text) <= DECODED_PER_STEP:
        return _decode_escapes(text)
    raw = text.replace("+", " ").encode("latin-1")
    decoded, start = [], 0
    while start < len(raw):
        end = start + DECODED_PER_STEP
        # An escape at the end of a step is moved whole into the next one.
        cut = raw.find(b"%", end - 2, end)
        end = end if cut < 0 else cut
        decoded.append(unquote_to_bytes(raw[start:end]))
        start = end
        yield
    return _decode_utf8(b"".join(decoded))


def _decode_utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise WireFault("MalformedQueryString", "The request is not UTF-8.") from None


class FormShapeReader:
    """Compiles a model's shapes into functions that parse their value from a form's fields."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model

    def compile_structure(self, name: str) -> Callable[[QueryForm, str], dict[str, Any]]:
        """Return a function that parses a structure's members from the fields under a prefix."""
        members = [
            (each.name, each.wire_name, self._compile_member(each))
            for each in self._model.shape(name).members
        ]

        def read(form: QueryForm, prefix: str) -> dict[str, Any]:
            found = {}
            # Most requests lack most members: at the top level one set of names shows which are
            # present.
            present = None if prefix else {key.partition(".")[0] for key in form}
            for member, wire_name, value in members:
                if present is not None and wire_name not in present:
                    continue
                each = value(form, prefix + wire_name)
                if each is not None:
                    found[member] = each
            return found

        return read

    def _compile_member(self, member: Member) -> Parse:
        shape = self._model.shape(member.shape)
        if shape.kind == "structure":
            return self._compile_nested(shape.name)
        if shape.kind == "list":
            return self._compile_list(shape, is_flattened=member.is_flattened or shape.is_flattened)
        if shape.kind == "map":
            return self._compile_map(shape, is_flattened=member.is_flattened or shape.is_flattened)
        read, kind = scalars.SCALAR_PARSERS[shape.kind], shape.kind

        def scalar(form: QueryForm, name: str) -> Any:
            text = form.get(name)
            return None if text is None else read(text, name, kind)

        return scalar

    def _compile_nested(self, name: str) -> Parse:
        inner: list[Callable[[QueryForm, str], dict[str, Any]]] = []

        def read(form: QueryForm, prefix: str) -> Any:
            if prefix not in form.prefixes:
                return None
            if not inner:
                # Compiled when first needed, because a shape may contain itself.
                inner.append(self.compile_structure(name))
            return inner[0](form, f"{prefix}.")

        return read

    def _compile_list(self, shape: Shape, *, is_flattened: bool) -> Parse:
        assert shape.item is not None  # noqa: S101 - a list has an item
        inner = self._compile_member(shape.item)
        infix = "" if is_flattened else f".{shape.item.wire_name}"

        def read(form: QueryForm, prefix: str) -> Any:
            found: list[Any] = []
            for at in range(1, LIST_MAX + 1):
                each = inner(form, f"{prefix}{infix}.{at}")
                if each is None:
                    break
                found.append(each)
            if found:
                return found
            return [] if form.get(prefix) == "" else None

        return read

    def _compile_map(self, shape: Shape, *, is_flattened: bool) -> Parse:
        value = self._compile_member(Member("value", shape.value, "value"))
        infix = "" if is_flattened else ".entry"

        def read(form: QueryForm, prefix: str) -> Any:
            found: dict[str, Any] = {}
            for at in range(1, LIST_MAX + 1):
                key = form.get(f"{prefix}{infix}.{at}.key")
                if key is None:
                    break
                found[key] = value(form, f"{prefix}{infix}.{at}.value")
            return found or None

        return read


class XmlShapeWriter:
    """Compiles a model's shapes into functions that write their value as XML."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._known: dict[str, Write] = {}

    def compile_structure(self, name: str) -> Callable[[Mapping[str, Any]], str]:
        """Return a function that writes a structure's members as XML, with no element around."""
        write = self._compile_members(name)
        if self._has_repetition(name):
            return lambda value: write(value, None)

        def write_at_once(value: Mapping[str, Any]) -> str:
            # One look at all texts together is enough for most answers: none is to be escaped.
            texts: list[str] = []
            written = write(value, texts)
            return written if is_plain_xml("".join(texts)) else write(value, None)

        return write_at_once

    def _has_repetition(self, name: str) -> bool:
        """Return whether a list or a map is anywhere in a shape: then its answers may be long."""
        waiting, seen = [name], {name}
        while waiting:
            shape = self._model.shape(waiting.pop())
            if shape.kind in {"list", "map"}:
                return True
            inner = {each.shape for each in shape.members} - seen
            waiting += inner
            seen |= inner
        return False

    def _compile_members(self, name: str) -> Callable[[Mapping[str, Any], Texts], str]:
        members = {
            each.name: (
                each.wire_name,
                None if self._is_text(each) else self._compile_member(each),
                f"<{each.wire_name}>",
                f"</{each.wire_name}>",
            )
            for each in self._model.shape(name).members
        }

        def write(value: Mapping[str, Any], texts: Texts) -> str:
            parts = []
            for member, each in value.items():
                wire_name, inner, opened, closed = members[member]
                if each is None:
                    continue
                if inner is not None:
                    parts.append(inner(each, wire_name, texts))
                elif texts is None:
                    # A text, as most members are, without another call.
                    parts.append(f"{opened}{xml_text(each)}{closed}")
                else:
                    texts.append(each)
                    parts.append(f"{opened}{each}{closed}")
            return "".join(parts)

        return write

    def _is_text(self, member: Member) -> bool:
        return self._model.shape(member.shape).kind == "string"

    def _compile_member(self, member: Member) -> Write:
        shape = self._model.shape(member.shape)
        flat = member.is_flattened or shape.is_flattened
        known = self._known.get(f"{shape.name}/{flat}")
        if known is None:
            # A shape may contain itself, so the reference looks the writer up when it runs.
            key = f"{shape.name}/{flat}"
            # Bound late, on purpose.
            self._known[key] = lambda value, name, texts: self._known[key](value, name, texts)  # noqa: PLW0108
            known = self._known[key] = self._compile(shape, is_flattened=flat)
        return known

    def _compile(self, shape: Shape, *, is_flattened: bool) -> Write:
        if shape.kind == "structure":
            inner = self._compile_members(shape.name)
            return lambda value, name, texts: f"<{name}>{inner(value, texts)}</{name}>"
        if shape.kind == "list":
            assert shape.item is not None  # noqa: S101 - a list has an item
            item, label = self._compile_member(shape.item), shape.item.wire_name
            if is_flattened:
                return lambda value, name, texts: "".join(
                    [item(each, name, texts) for each in value]
                )
            return lambda value, name, texts: (
                f"<{name}>{''.join([item(each, label, texts) for each in value])}</{name}>"
            )
        if shape.kind == "map":
            key = self._compile_member(Member("key", shape.key, "key"))
            each_value = self._compile_member(Member("value", shape.value, "value"))
            return lambda value, name, texts: (
                f"<{name}>"
                + "".join(
                    f"<entry>{key(k, 'key', texts)}{each_value(v, 'value', texts)}</entry>"
                    for k, v in value.items()
                )
                + f"</{name}>"
            )
        write = scalars.scalar_formatter(shape.kind)

        def write_scalar(value: Any, name: str, texts: Texts) -> str:
            text = write(value)
            if texts is None:
                return f"<{name}>{xml_text(text)}</{name}>"
            texts.append(text)
            return f"<{name}>{text}</{name}>"

        return write_scalar
