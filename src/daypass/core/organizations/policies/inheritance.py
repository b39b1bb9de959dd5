"""Parsing management policies, and merging those above an account into its effective policy.

Source: AWS Organizations user guide, "Policy syntax and inheritance for management policy types",
"Inheritance operators", "Inheritance examples" and "Tag policy syntax and examples". Only the
inheritance operators are checked here: the settings of a type are `tag_policies`, lengths are
`policy_types`.
"""

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from daypass.core.faults import Malformed
from daypass.core.jsontext import Json
from daypass.core.policy.language.parse import InvalidJson, read_json

ASSIGN = "@@assign"
APPEND = "@@append"
REMOVE = "@@remove"
ALLOWED = "@@operators_allowed_for_child_policies"

SettingPath = tuple[str, ...]
Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]

DOCUMENTS_MAX = 1_000
"""Parsed documents that are cached."""
_ALL_OPERATORS = frozenset({ASSIGN, APPEND, REMOVE})
_TAGS = "tags"  # the key that every tag policy begins with; the tag keys stand right below it


@dataclass(frozen=True, slots=True)
class PolicySetting:
    """The operators at one path of a management policy.

    `assign`, `append` and `remove` apply to the value at the path. `allowed` are the operators
    that policies of lower levels may use at this path and below.
    """

    path: SettingPath
    assign: Value | None = None
    append: tuple[Scalar, ...] = ()
    remove: tuple[Scalar, ...] = ()
    allowed: frozenset[str] = _ALL_OPERATORS


@dataclass(frozen=True, slots=True)
class ManagementPolicy:
    """A parsed management policy: its settings, in the order of the text."""

    settings: tuple[PolicySetting, ...]


@lru_cache(maxsize=DOCUMENTS_MAX)
def parse_management_policy(text: str) -> ManagementPolicy:
    """Return the parsed management policy of a JSON text, whose innermost objects hold operators.

    Raises `Malformed` with a path, as in `tags.costcenter.tag_value.@@append`, for ambiguous JSON,
    for a value outside an operator, and for an operator that is unknown, stands beside other keys
    or does not take its value. Source: AWS Organizations user guide, "Inheritance operators".
    """
    try:
        read_json(text)
    except InvalidJson:
        raise _malformed("no unambiguous JSON within the limits", ()) from None
    # `read_json` keeps the spelling of numbers, which conditions compare; here numbers are wanted
    # as values.
    value: Json = json.loads(text)
    return ManagementPolicy(tuple(_settings(value, ())))


def effective_policy(nodes: Sequence[Sequence[ManagementPolicy]]) -> dict[str, Json] | None:
    """Return the effective policy of one type for an account, as JSON without operators.

    Returns None if no value is left.

    `nodes` go from the root down to the account, each with its policies in the order in which they
    were attached. An operator that an upper node does not allow, or that does not fit the inherited
    value, is ignored; the rest of its policy still counts. Source: AWS Organizations user guide,
    "Inheritance operators" and "Inheritance examples".
    """
    merge = _Merge()
    for policies in nodes:
        merge.merge_node(policies)
    return merge.effective_document() or None


def effective_policy_in_steps(
    nodes: Sequence[Sequence[str]],
) -> Generator[None, None, dict[str, Json] | None]:
    """Work out `effective_policy` from the policies' texts, in steps.

    One step parses each text, another merges each node. Raises the faults of
    `parse_management_policy`.
    """
    merge = _Merge()
    for texts in nodes:
        policies = []
        for text in texts:
            policies.append(parse_management_policy(text))
            yield
        merge.merge_node(policies)
        yield
    return merge.effective_document() or None


@dataclass(slots=True)
class _Merge:
    """The values inherited so far, by the path of each setting with its tag key in lower case."""

    values: dict[SettingPath, Value | None] = field(default_factory=dict)
    branches: set[SettingPath] = field(default_factory=set)
    allowed: dict[SettingPath, frozenset[str]] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)

    def merge_node(self, policies: Sequence[ManagementPolicy]) -> None:
        """Merge one node's policies, then restrict the operators of lower nodes."""
        settings = [setting for policy in policies for setting in policy.settings]
        self.merge_settings(settings)
        # After merging, because a policy restricts the levels below and not the other policies of
        # its own node.
        self.restrict_operators(settings)

    def merge_settings(self, settings: Iterable[PolicySetting]) -> None:
        """Merge one node's settings into the inherited values."""
        by_path: dict[SettingPath, list[PolicySetting]] = {}
        for setting in settings:
            by_path.setdefault(_fold_path(setting.path), []).append(setting)
            if _is_under_tags(setting.path):
                self.spellings.setdefault(setting.path[1].lower(), setting.path[1])
        for path, each in by_path.items():
            value = _merge_value(self.values.get(path), each, self._permitted(path))
            if (value is not None or path in self.values) and self._fits(path):
                self.values[path] = value
                self.branches.update(_ancestors(path))

    def restrict_operators(self, settings: Iterable[PolicySetting]) -> None:
        """Restrict the operators that lower nodes may use; no policy widens them again."""
        for setting in settings:
            if setting.allowed is _ALL_OPERATORS:
                continue
            path = _fold_path(setting.path)
            self.allowed[path] = self.allowed.get(path, _ALL_OPERATORS) & setting.allowed

    def effective_document(self) -> dict[str, Json]:
        """Return the values as one JSON object, with the first spelling of every tag key."""
        tree: dict[SettingPath, dict[str, Json]] = {(): {}}
        for path, value in self.values.items():
            if value is not None:
                *above, name = self._spelled(path)
                _branch(tree, tuple(above))[name] = (
                    list(value) if isinstance(value, tuple) else value
                )
        return tree[()]

    def _permitted(self, path: SettingPath) -> frozenset[str]:
        if not self.allowed:
            return _ALL_OPERATORS
        covering = (self.allowed.get(each, _ALL_OPERATORS) for each in (*_ancestors(path), path))
        return _ALL_OPERATORS.intersection(*covering)

    def _fits(self, path: SettingPath) -> bool:
        """Return True if a path may have a value.

        It may if it was no object before and no path above it has a value.
        """
        return path not in self.branches and not any(
            each in self.values for each in _ancestors(path)
        )

    def _spelled(self, path: SettingPath) -> SettingPath:
        return (path[0], self.spellings[path[1]], *path[2:]) if _is_under_tags(path) else path


def _merge_value(
    inherited: Value | None, settings: Sequence[PolicySetting], permitted: frozenset[str]
) -> Value | None:
    """Return the value of one path after a node's operators, in the order assign, append, remove.

    None means no value.
    """
    value = inherited
    if ASSIGN in permitted:
        assigned = (each.assign for each in settings if each.assign is not None)
        value = next(assigned, inherited)
    if value is not None and not isinstance(value, tuple):
        # Append and remove do not apply to a single value.
        return value
    items = value or ()
    if APPEND in permitted:
        items += tuple(item for each in settings for item in each.append)
    if REMOVE in permitted:
        removed = {_comparable(item) for each in settings for item in each.remove}
        items = tuple(item for item in items if _comparable(item) not in removed)
    # An array that was assigned empty is kept as an empty list; one that became empty by removals
    # is dropped.
    return _unique(items) if items or value == () else None


def _unique(items: Iterable[Scalar]) -> tuple[Scalar, ...]:
    return tuple({_comparable(item): item for item in items}.values())


def _comparable(item: Scalar) -> tuple[bool, Scalar]:
    """Return a key that tells `true` from 1, which are equal in Python."""
    return isinstance(item, bool), item


def _branch(tree: dict[SettingPath, dict[str, Json]], path: SettingPath) -> dict[str, Json]:
    if path not in tree:
        tree[path] = {}
        _branch(tree, path[:-1])[path[-1]] = tree[path]
    return tree[path]


def _ancestors(path: SettingPath) -> Iterator[SettingPath]:
    return (path[:length] for length in range(len(path)))


def _is_under_tags(path: SettingPath) -> bool:
    return len(path) > 1 and path[0] == _TAGS


def _fold_path(path: SettingPath) -> SettingPath:
    """Return a path with its tag key in lower case, as tag keys are compared in any case."""
    return (path[0], path[1].lower(), *path[2:]) if _is_under_tags(path) else path


def _settings(value: Json, path: SettingPath) -> Iterator[PolicySetting]:
    if not isinstance(value, dict):
        raise _malformed("a value outside an operator" if path else "no object", path)
    operators = {name: each for name, each in value.items() if name.startswith("@@")}
    below = {name: each for name, each in value.items() if name not in operators}
    if operators.keys() & _ALL_OPERATORS and (below or not path):
        raise _malformed("operators beside other keys" if path else "operators of no setting", path)
    if operators:
        yield _setting(operators, path)
    if path == (_TAGS,) and len({name.lower() for name in below}) != len(below):
        # Two spellings of one tag key in one policy are ambiguous.
        raise _malformed("a tag key in two spellings", path)
    for name, each in below.items():
        yield from _settings(each, (*path, name))


def _setting(operators: dict[str, Json], path: SettingPath) -> PolicySetting:
    for name in operators:
        if name not in _ALL_OPERATORS and name != ALLOWED:
            raise _malformed("an unknown operator", (*path, name))
    assign = _value(operators[ASSIGN], (*path, ASSIGN)) if ASSIGN in operators else None
    if assign is not None and not isinstance(assign, tuple) and operators.keys() & {APPEND, REMOVE}:
        raise _malformed("an operator of arrays beside a single value", path)
    return PolicySetting(
        path,
        assign,
        append=_array(operators.get(APPEND, []), (*path, APPEND)),
        remove=_array(operators.get(REMOVE, []), (*path, REMOVE)),
        allowed=_allowed_operators(operators.get(ALLOWED, ["@@all"]), (*path, ALLOWED)),
    )


def _allowed_operators(value: Json, path: SettingPath) -> frozenset[str]:
    names = frozenset(map(str, _array(value, path)))
    if names == {"@@all"}:
        return _ALL_OPERATORS
    if names == {"@@none"}:
        return frozenset()
    if not names or not names <= _ALL_OPERATORS:
        raise _malformed("neither `@@all` nor `@@none` alone nor a list of operators", path)
    return names


def _value(value: Json, path: SettingPath) -> Value:
    return _array(value, path) if isinstance(value, list) else _scalar(value, path)


def _array(value: Json, path: SettingPath) -> tuple[Scalar, ...]:
    if not isinstance(value, list):
        raise _malformed("no array", path)
    return tuple(_scalar(each, path) for each in value)


def _scalar(value: Json, path: SettingPath) -> Scalar:
    if value is None or isinstance(value, list | dict):
        raise _malformed("no text, number or truth", path)
    return value


def _malformed(what: str, path: SettingPath) -> Malformed:
    where = ".".join(path) or "document"
    return Malformed(f"{what} at `{where}`", path=where)
