"""YAML of others, loaded within bounds: of one reading, of so many nodes and no deeper, aliases counted as what they stand for.

The bounds hold while the document is composed, before anything is built of it: a few lines of aliases can stand for more than any
memory holds.
"""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

NODES_MAX = 200_000
"""Keys, values, lists and mappings in all, each alias as what it stands for; ours. The largest organization needs half of it."""
DEPTH_MAX = 64
"""How deep they may be nested; ours. Units are nested five deep, and a policy's JSON has at most sixteen levels."""


class InvalidYaml(Exception):
    """A text that is no YAML of one reading, or is too much of it; `line` counts from one."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def load_yaml(text: str) -> Any:
    """Return what a text says; mappings and lists know on which line they stand. Raises `InvalidYaml`."""
    # This loader refuses a key that is there twice.
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        return yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = str(getattr(error, "problem", None) or "this is no YAML").partition(" with value")[0]
        raise InvalidYaml(mark.line + 1 if mark is not None else 1, why) from error
    except Exception as error:
        # A number of ten thousand digits, a thirteenth month: what the library makes of a scalar has no one exception.
        raise InvalidYaml(1, "a value in it cannot be read") from error


class _BoundedComposer(Composer):
    """Composes nodes, and counts them as they would be if each alias were written out."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self._nodes = 0
        self._depth = 0
        self._deepest = 0
        self._sizes: dict[int, tuple[int, int]] = {}
        """How many nodes are in an anchor's node, and how deep they go, by its identity; it is kept while composing."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; raises an error with its line if the bounds are passed."""
        event = self.parser.peek_event()
        before, above = self._nodes, self._deepest
        self._depth += 1
        self._deepest = self._depth
        if not isinstance(event, AliasEvent):
            if event.anchor is not None and event.anchor in self.anchors:
                raise ComposerError(None, None, f"the anchor {event.anchor} is there twice", event.start_mark)  # fmt: skip
            self._nodes += 1
            self._check(event)
        node = super().compose_node(parent, index)
        if isinstance(event, AliasEvent):
            if id(node) not in self._sizes:
                raise ComposerError(None, None, "an alias stands for what it is part of", event.start_mark)  # fmt: skip
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
            problem = f"a file has at most {NODES_MAX} values, aliases counted as what they stand for"  # fmt: skip
            raise ComposerError(None, None, problem, event.start_mark)
        if self._deepest > DEPTH_MAX:
            raise ComposerError(None, None, f"a file is at most {DEPTH_MAX} levels deep", event.start_mark)  # fmt: skip
