"""Questions to the engine as data: one JSON object holds a request and every policy that bears on it, version 1.

The shape of a question, members that may be absent marked with `?`:

    { "v": 1, "id"?: any text,
      "request": { "principal": { "kind": …, "arn": …, "account": …, "role_arn"?, "user_arn"?, "unique_id"?, "canonical_user"? },
                   "action": "s3:GetObject", "resource": "arn:…" | "*", "resource_account": "111122223333",
                   "context"?: { key: text | [text, …] } },
      "policies": { "identity"?: [document, …], "boundary"?: [document], "session"?: [document, …], "resource"?: document,
                    "scp"?: [[document, …], …], "rcp"?: [[document, …], …], "vpce"?: [document, …] } }

A document is a JSON object or its text. What is not in this shape is refused: nothing is guessed, and nothing added.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from daypass.core import quotas
from daypass.core.account_ids import is_account_id
from daypass.core.arn import six_parts
from daypass.core.faults import Malformed
from daypass.core.policy.decision.compile import Form, compile_document, read
from daypass.core.policy.decision.decide import Layer, Policies, Request
from daypass.core.policy.decision.levels import Levels
from daypass.core.policy.decision.policy_sets import NONE, PolicySet, Source
from daypass.core.policy.language.match import Context
from daypass.core.policy.language.parse import parse_value, read_json
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Kind, Principal

VERSION = 1
_TOP = frozenset({"v", "id", "request", "policies"})
_REQUEST = frozenset({"principal", "action", "resource", "resource_account", "context"})
_PRINCIPAL = frozenset(
    {"kind", "arn", "account", "role_arn", "user_arn", "unique_id", "canonical_user"}
)
_POLICIES = frozenset({"identity", "boundary", "session", "resource", "scp", "rcp", "vpce"})
_BEHIND = {Kind.ROLE_SESSION: "role_arn", Kind.FEDERATED_USER: "user_arn"}
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[^\s:*?]+")


@dataclass(frozen=True, slots=True)
class Question:
    """A request and the policies in force; `id` is the asker's own."""

    request: Request
    policies: Policies
    id: str | None = None


def question_of(text: str) -> Question:
    """Return the question of one line of JSON; raises `Malformed` for anything outside the shape."""
    return question(
        read_json(text, longest=quotas.QUESTION_CHARACTERS_MAX, most=quotas.QUESTION_VALUES_MAX)
    )


def question(value: object) -> Question:
    """Return a question that was read from JSON; raises `Malformed` with a path for anything outside the shape."""
    top = _members(value, "", _TOP, required=("v", "request", "policies"))
    if top["v"] != VERSION or isinstance(top["v"], bool):
        raise Malformed(f"v: only version {VERSION} is known", path="v")
    asked = request(top["request"])
    return Question(asked, policies(top["policies"], asked), _id(top.get("id")))


def _id(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Malformed("id: a text is needed", path="id")


def request(value: object) -> Request:
    """Return a request that was read from JSON."""
    found = _members(
        value, "request", _REQUEST, required=("principal", "action", "resource", "resource_account")
    )
    action = _text(found["action"], "request.action")
    if not _ACTION.fullmatch(action):
        raise Malformed("request.action: service:Name is needed", path="request.action")
    resource = _text(found["resource"], "request.resource")
    if resource != "*" and (six_parts(resource) or ("",))[0] != "arn":
        raise Malformed(
            "request.resource: an ARN of six parts, or *, is needed", path="request.resource"
        )
    return Request(
        principal=principal(found["principal"]),
        action=action,
        resource=resource,
        resource_account=_account(found["resource_account"], "request.resource_account"),
        context=context(found.get("context", {})),
    )


def principal(value: object) -> Principal:
    """Return a principal that was read from JSON."""
    path = "request.principal"
    found = _members(value, path, _PRINCIPAL, required=("kind",))
    try:
        kind = Kind(_text(found["kind"], f"{path}.kind"))
    except ValueError:
        kinds = ", ".join(Kind)
        raise Malformed(f"{path}.kind: one of {kinds} is needed", path=f"{path}.kind") from None
    needed = [] if kind is Kind.ANONYMOUS else ["arn"]
    needed += [] if kind in WITHOUT_ACCOUNT else ["account"]
    needed += [_BEHIND[kind]] if kind in _BEHIND else []
    for name in needed:
        if name not in found:
            raise Malformed(f"{path}.{name}: is missing", path=f"{path}.{name}")

    def text(name: str) -> str:
        return _text(found[name], f"{path}.{name}") if name in found else ""

    account = text("account")
    if account and kind not in WITHOUT_ACCOUNT:
        _account(account, f"{path}.account")
    return Principal(
        kind=kind,
        arn=text("arn"),
        account=account,
        unique_id=text("unique_id"),
        role_arn=text("role_arn") if kind is Kind.ROLE_SESSION else "",
        user_arn=text("user_arn") if kind is Kind.FEDERATED_USER else "",
        canonical_user=text("canonical_user"),
    )


def context(value: object) -> Context:
    """Return context keys, in lower case; raises `Malformed` where two spellings of one key meet."""
    path = "request.context"
    found: dict[str, str | tuple[str, ...]] = {}
    for key, given in _members(value, path, None).items():
        if key.lower() in found:
            raise Malformed(f"{path}.{key}: is there in two spellings", path=f"{path}.{key}")
        if isinstance(given, list):
            found[key.lower()] = tuple(_text(each, f"{path}.{key}") for each in given)
        else:
            found[key.lower()] = _text(given, f"{path}.{key}")
    return found


def policies(value: object, asked: Request) -> Policies:
    """Return the policies in force that were read from JSON."""
    found = _members(value, "policies", _POLICIES)

    def some(
        name: str, how: Callable[[object, str, Form], PolicySet], form: Form
    ) -> PolicySet | None:
        return how(found[name], f"policies.{name}", form) if name in found else None

    def levels(name: str, form: Form) -> Levels | None:
        if name not in found:
            return None
        listed = _list(found[name], f"policies.{name}")
        return Levels(_set(each, f"policies.{name}[{at}]", form) for at, each in enumerate(listed))

    boundary = some("boundary", _set, Form.IDENTITY)
    if boundary is not None and len(boundary.sources) > 1:
        raise Malformed(
            "policies.boundary: there is one boundary at most", path="policies.boundary"
        )
    is_trust = is_on_a_role(asked)
    return Policies(
        identity=some("identity", _set, Form.IDENTITY) or NONE,
        boundary=boundary,
        session=some("session", _set, Form.IDENTITY),
        resource=some("resource", _alone, Form.TRUST if is_trust else Form.RESOURCE),
        scps=levels("scp", Form.IDENTITY),
        rcps=levels("rcp", Form.RCP),
        endpoint=some("vpce", _set, Form.ENDPOINT),
        requires_grant=is_trust or is_on_a_key(asked),
        resource_layer=Layer.TRUST if is_trust else Layer.RESOURCE,
    )


def is_on_a_role(asked: Request) -> bool:
    """Say whether STS acts on a role: its trust policy must then name the caller or its account."""
    return _is_on(asked, "sts:", "iam", "role/")


def is_on_a_key(asked: Request) -> bool:
    """Say whether KMS acts on a key, whose policy must name the caller or its account."""
    return _is_on(asked, "kms:", "kms", "key/")


def _is_on(asked: Request, prefix: str, service: str, beginning: str) -> bool:
    parts = six_parts(asked.resource)
    if parts is None or not asked.action.lower().startswith(prefix):
        return False
    return parts[2] == service and parts[5].startswith(beginning)


def _set(value: object, path: str, form: Form) -> PolicySet:
    return PolicySet(
        _source(each, f"{path}[{at}]", form) for at, each in enumerate(_list(value, path))
    )


def _alone(value: object, path: str, form: Form) -> PolicySet:
    return PolicySet([_source(value, path, form)])


def _source(value: object, path: str, form: Form) -> Source:
    if not isinstance(value, str | dict):
        raise Malformed(f"{path}: a document, or its text, is needed", path=path)
    try:
        if isinstance(value, str):
            return Source(read(value, form), path)
        return Source(compile_document(parse_value(value), form), path)
    except Malformed as fault:
        raise Malformed(f"{path}: {fault.message} ({fault.path})", path=path) from None


def _members(
    value: object, path: str, known: frozenset[str] | None, *, required: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    dot = f"{path}." if path else ""
    if not isinstance(value, dict):
        raise Malformed(f"{path or 'question'}: an object is needed", path=path)
    for name in value:
        if known is not None and name not in known:
            raise Malformed(f"{dot}{name}: is not known", path=f"{dot}{name}")
    for name in required:
        if name not in value:
            raise Malformed(f"{dot}{name}: is missing", path=f"{dot}{name}")
    return value


def _list(value: object, path: str) -> list[object]:
    if not isinstance(value, list):
        raise Malformed(f"{path}: a list is needed", path=path)
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{path}: a text is needed", path=path)
    return value


def _account(value: object, path: str) -> str:
    text = _text(value, path)
    if not is_account_id(text):
        raise Malformed(f"{path}: twelve digits are needed", path=path)
    return text


def renamed(asked: Question, names: Mapping[str, str]) -> Question:
    """Return the question with its policies called by other names than their places in it."""

    def of(policies: PolicySet) -> PolicySet:
        return PolicySet(
            replace(source, name=names.get(source.name, source.name)) for source in policies.sources
        )

    def of_each(levels: Levels | None) -> Levels | None:
        return None if levels is None else Levels(map(of, levels))

    given = asked.policies
    changed = replace(
        given,
        identity=of(given.identity),
        boundary=given.boundary and of(given.boundary),
        session=given.session and of(given.session),
        resource=given.resource and of(given.resource),
        scps=of_each(given.scps),
        rcps=of_each(given.rcps),
        endpoint=given.endpoint and of(given.endpoint),
    )
    return replace(asked, policies=changed)
