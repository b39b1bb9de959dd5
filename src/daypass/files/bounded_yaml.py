"""Load YAML that others wrote: one document, unique keys, a bounded number and depth of values.

Aliases count as what they stand for, because a few lines of them can expand to more than any memory
holds. The bounds are checked while the document is composed, before any Python value is built.
"""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

NODES_MAX = 200_000
"""Keys, values, lists and mappings together, each alias as what it stands for; ours. The largest
organization needs half of it."""
DEPTH_MAX = 64
"""How deep lists and mappings may be nested; ours. Units are nested five deep, and a policy's JSON
has at most sixteen levels."""


class InvalidYaml(Exception):
    """A text that is not one YAML document with unique keys, or too large; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def load_yaml(text: str) -> Any:
    """Return the value of a YAML text; mappings and lists have their line in an attribute `lc`.

    Raises `InvalidYaml`.
    """
    # The round-trip loader keeps lines, and refuses a key that occurs twice.
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        return yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = str(getattr(error, "problem", None) or "this is not YAML").partition(" with value")[0]
        raise InvalidYaml(mark.line + 1 if mark is not None else 1, why) from error
    except Exception as error:
        # The library has no exception of its own for a scalar that Python cannot represent, such as
        # a number of ten thousand digits or a thirteenth month.
        raise InvalidYaml(1, "a value in it cannot be read") from error


def line_of_member(container: Any, key: Any, otherwise: int) -> int:
    """Return the line of a member of a mapping or list, counted from one.

    Without such a member, as for the key None, that is the line of the mapping or list itself;
    `otherwise` for a value that has no lines, such as a plain text.
    """
    place = getattr(container, "lc", None)
    data = getattr(place, "data", None) or {}
    if key in data:
        return int(data[key][0]) + 1
    if place is not None and place.line is not None:
        return int(place.line) + 1
    return otherwise


class _BoundedComposer(Composer):
    """A YAML composer that counts nodes and depth as if each alias were written out."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self._nodes = 0
        self._depth = 0
        self._deepest = 0
        self._sizes: dict[int, tuple[int, int]] = {}
        """By `id` of an anchor's node: the number of nodes in it and their depth."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; raises `ComposerError`, with its line, beyond a bound."""
        event = self.parser.peek_event()
        before, above = self._nodes, self._deepest
        self._depth += 1
        self._deepest = self._depth
        if not isinstance(event, AliasEvent):
            if event.anchor is not None and event.anchor in self.anchors:
                raise _error(event, f"the anchor {event.anchor} is there twice")
            self._nodes += 1
            self._check(event)
        node = super().compose_node(parent, index)
        if isinstance(event, AliasEvent):
            if id(node) not in self._sizes:
                raise _error(event, "an alias stands for what it is part of")
            size, height = self._sizes[id(node)]
            self._nodes += size
            self._deepest = self._depth + height
            self._check(event)
        elif event.anchor is not None:
            self._sizes[id(node)] = (self._nodes - before, self._deepest - self._depth)
        self._depth -= 1
        self._deepest = max(above, self._deepest)
        return node

    def _check(self, event: Any) -> None:
        if self._nodes > NODES_MAX:
            raise _error(
                event,
                f"a file has at most {NODES_MAX} values, aliases counted as what they stand for",
            )
        if self._deepest > DEPTH_MAX:
            raise _error(event, f"a file is at most {DEPTH_MAX} levels deep")


def _error(event: Any, message: str) -> ComposerError:
    """Return an error at the position of an event."""
    return ComposerError(None, None, message, event.start_mark)
