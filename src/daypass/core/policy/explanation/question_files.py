"""Requests and their policies as JSON: the question files of `daypass policy`, format version 1.

The members of a question; `?` marks optional ones:

    { "v": 1, "id"?: any text,
      "request": {
        "principal": { "kind": …, "arn": …, "account": …, "role_arn"?, "user_arn"?,
                       "unique_id"?, "canonical_user"? },
        "action": "s3:GetObject", "resource": "arn:…" | "*", "resource_account": "111122223333",
        "context"?: { key: text | [text, …] } },
      "policies": {
        "identity"?: [document, …], "boundary"?: [document], "session"?: [document, …],
        "scope-down"?: [document, …], "resource"?: document, "scp"?: [[document, …], …],
        "rcp"?: [[document, …], …], "vpce"?: [document, …] } }

`scope-down` has one document for each time that the session was narrowed, the first one first. A
document is a JSON object or its text. Anything else is refused: no member is guessed or added.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from daypass.core import quotas
from daypass.core.account_ids import is_account_id
from daypass.core.arn import arn_parts
from daypass.core.faults import Malformed
from daypass.core.policy.decision.compile import PolicyGrammar, compile_document, compile_text
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import AuthorizationRequest, EffectivePolicies, Layer
from daypass.core.policy.decision.policy_sets import NO_POLICIES, NamedPolicy, PolicySet
from daypass.core.policy.language.parse import parse_document_value, read_json
from daypass.core.policy.language.patterns import RequestContext
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind

FORMAT_VERSION = 1
_QUESTION_MEMBERS = frozenset({"v", "id", "request", "policies"})
_REQUEST_MEMBERS = frozenset({"principal", "action", "resource", "resource_account", "context"})
_PRINCIPAL_MEMBERS = frozenset(
    {"kind", "arn", "account", "role_arn", "user_arn", "unique_id", "canonical_user"}
)
_POLICIES_MEMBERS = frozenset(
    {"identity", "boundary", "session", "scope-down", "resource", "scp", "rcp", "vpce"}
)
_ARN_BEHIND = {PrincipalKind.ROLE_SESSION: "role_arn", PrincipalKind.FEDERATED_USER: "user_arn"}
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[^\s:*?]+")


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """A request and the policies that apply to it; `id` is any text of the author."""

    request: AuthorizationRequest
    policies: EffectivePolicies
    id: str | None = None


def parse_question(text: str) -> QuestionFile:
    """Return the question of a JSON text; raises `Malformed` for anything outside the format."""
    return question_from_data(
        read_json(
            text,
            characters_max=quotas.QUESTION_CHARACTERS_MAX,
            json_values_max=quotas.QUESTION_VALUES_MAX,
        )
    )


def question_from_data(value: object) -> QuestionFile:
    """Return the question of a parsed JSON value.

    Raises `Malformed` with a path for anything outside the format.
    """
    top = _checked_members(value, "", _QUESTION_MEMBERS, required=("v", "request", "policies"))
    if top["v"] != FORMAT_VERSION or isinstance(top["v"], bool):
        raise Malformed(f"v: only version {FORMAT_VERSION} is known", path="v")
    request = request_from_data(top["request"])
    return QuestionFile(
        request, policies_from_data(top["policies"], request), _question_id(top.get("id"))
    )


def _question_id(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Malformed("id: a text is needed", path="id")


def request_from_data(value: object) -> AuthorizationRequest:
    """Return the request of a parsed JSON value; raises `Malformed` with a path."""
    found = _checked_members(
        value,
        "request",
        _REQUEST_MEMBERS,
        required=("principal", "action", "resource", "resource_account"),
    )
    action = _checked_text(found["action"], "request.action")
    if not _ACTION.fullmatch(action):
        raise Malformed("request.action: service:Name is needed", path="request.action")
    resource = _checked_text(found["resource"], "request.resource")
    if resource != "*" and (arn_parts(resource) or ("",))[0] != "arn":
        raise Malformed(
            "request.resource: an ARN of six parts, or *, is needed", path="request.resource"
        )
    return AuthorizationRequest(
        principal=principal_from_data(found["principal"]),
        action=action,
        resource=resource,
        resource_account=_checked_account(found["resource_account"], "request.resource_account"),
        context=context_from_data(found.get("context", {})),
    )


def principal_from_data(value: object) -> Principal:
    """Return the principal of a parsed JSON value; raises `Malformed` with a path."""
    path = "request.principal"
    found = _checked_members(value, path, _PRINCIPAL_MEMBERS, required=("kind",))
    try:
        kind = PrincipalKind(_checked_text(found["kind"], f"{path}.kind"))
    except ValueError:
        kinds = ", ".join(PrincipalKind)
        raise Malformed(f"{path}.kind: one of {kinds} is needed", path=f"{path}.kind") from None
    needed = [] if kind is PrincipalKind.ANONYMOUS else ["arn"]
    needed += [] if kind in WITHOUT_ACCOUNT else ["account"]
    needed += [_ARN_BEHIND[kind]] if kind in _ARN_BEHIND else []
    for name in needed:
        if name not in found:
            raise Malformed(f"{path}.{name}: is missing", path=f"{path}.{name}")

    def member_text(name: str) -> str:
        return _checked_text(found[name], f"{path}.{name}") if name in found else ""

    account = member_text("account")
    if account and kind not in WITHOUT_ACCOUNT:
        _checked_account(account, f"{path}.account")
    return Principal(
        kind=kind,
        arn=member_text("arn"),
        account=account,
        unique_id=member_text("unique_id"),
        role_arn=member_text("role_arn") if kind is PrincipalKind.ROLE_SESSION else "",
        user_arn=member_text("user_arn") if kind is PrincipalKind.FEDERATED_USER else "",
        canonical_user=member_text("canonical_user"),
    )


def context_from_data(value: object) -> RequestContext:
    """Return the condition keys of a parsed JSON value, in lower case.

    Raises `Malformed` with a path, also for two spellings of one key.
    """
    path = "request.context"
    found: dict[str, str | tuple[str, ...]] = {}
    for key, given in _checked_members(value, path, None).items():
        if key.lower() in found:
            raise Malformed(f"{path}.{key}: is there in two spellings", path=f"{path}.{key}")
        if isinstance(given, list):
            found[key.lower()] = tuple(_checked_text(each, f"{path}.{key}") for each in given)
        else:
            found[key.lower()] = _checked_text(given, f"{path}.{key}")
    return found


def policies_from_data(value: object, request: AuthorizationRequest) -> EffectivePolicies:
    """Return the policies of a parsed JSON value; raises `Malformed` with a path.

    If STS acts on a role, the resource's policy is that role's trust policy.
    """
    found = _checked_members(value, "policies", _POLICIES_MEMBERS)

    def parse_policies(
        name: str, parse: Callable[[object, str, PolicyGrammar], PolicySet], grammar: PolicyGrammar
    ) -> PolicySet | None:
        return parse(found[name], f"policies.{name}", grammar) if name in found else None

    def parse_levels(name: str, grammar: PolicyGrammar) -> OrganizationLevels | None:
        if name not in found:
            return None
        listed = _checked_list(found[name], f"policies.{name}")
        return OrganizationLevels(
            _policy_set(each, f"policies.{name}[{at}]", grammar) for at, each in enumerate(listed)
        )

    boundary = parse_policies("boundary", _policy_set, PolicyGrammar.IDENTITY)
    if boundary is not None and len(boundary.policies) > 1:
        raise Malformed(
            "policies.boundary: there is one boundary at most", path="policies.boundary"
        )
    scope_downs = _scope_downs(found.get("scope-down", []))
    is_trust = acts_on_role(request)
    return EffectivePolicies(
        identity=parse_policies("identity", _policy_set, PolicyGrammar.IDENTITY) or NO_POLICIES,
        boundary=boundary,
        session=parse_policies("session", _policy_set, PolicyGrammar.IDENTITY),
        resource=parse_policies(
            "resource",
            _single_policy_set,
            PolicyGrammar.TRUST if is_trust else PolicyGrammar.RESOURCE,
        ),
        scps=parse_levels("scp", PolicyGrammar.IDENTITY),
        rcps=parse_levels("rcp", PolicyGrammar.RCP),
        endpoint=parse_policies("vpce", _policy_set, PolicyGrammar.ENDPOINT),
        requires_grant=is_trust or acts_on_kms_key(request),
        resource_layer=Layer.TRUST if is_trust else Layer.RESOURCE,
        scope_downs=scope_downs,
    )


def _scope_downs(value: object) -> tuple[PolicySet, ...]:
    """Return a policy set for each narrowing of a session; raises `Malformed` for too many."""
    path = "policies.scope-down"
    documents = _checked_list(value, path)
    if len(documents) > quotas.SCOPE_DOWNS_MAX:
        most = quotas.SCOPE_DOWNS_MAX
        raise Malformed(f"{path}: a session is narrowed {most} times at most", path=path)
    return tuple(
        _single_policy_set(each, f"{path}[{at}]", PolicyGrammar.IDENTITY)
        for at, each in enumerate(documents)
    )


def acts_on_role(request: AuthorizationRequest) -> bool:
    """Return whether STS acts on a role.

    The role's trust policy must then name the caller or its account.
    """
    return _acts_on(request, "sts:", "iam", "role/")


def acts_on_kms_key(request: AuthorizationRequest) -> bool:
    """Return whether KMS acts on a key.

    The key's policy must then name the caller or its account.
    """
    return _acts_on(request, "kms:", "kms", "key/")


def _acts_on(request: AuthorizationRequest, prefix: str, service: str, beginning: str) -> bool:
    parts = arn_parts(request.resource)
    if parts is None or not request.action.lower().startswith(prefix):
        return False
    return parts[2] == service and parts[5].startswith(beginning)


def _policy_set(value: object, path: str, grammar: PolicyGrammar) -> PolicySet:
    return PolicySet(
        _named_policy(each, f"{path}[{at}]", grammar)
        for at, each in enumerate(_checked_list(value, path))
    )


def _single_policy_set(value: object, path: str, grammar: PolicyGrammar) -> PolicySet:
    return PolicySet([_named_policy(value, path, grammar)])


def _named_policy(value: object, path: str, grammar: PolicyGrammar) -> NamedPolicy:
    if not isinstance(value, str | dict):
        raise Malformed(f"{path}: a document, or its text, is needed", path=path)
    try:
        if isinstance(value, str):
            return NamedPolicy(compile_text(value, grammar), path)
        return NamedPolicy(compile_document(parse_document_value(value), grammar), path)
    except Malformed as fault:
        raise Malformed(f"{path}: {fault.message} ({fault.path})", path=path) from None


def _checked_members(
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


def _checked_list(value: object, path: str) -> list[object]:
    if not isinstance(value, list):
        raise Malformed(f"{path}: a list is needed", path=path)
    return value


def _checked_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{path}: a text is needed", path=path)
    return value


def _checked_account(value: object, path: str) -> str:
    text = _checked_text(value, path)
    if not is_account_id(text):
        raise Malformed(f"{path}: twelve digits are needed", path=path)
    return text


def with_policy_names(question: QuestionFile, names: Mapping[str, str]) -> QuestionFile:
    """Return the question with its policies named by `names`, which maps their paths to names."""

    def rename(policies: PolicySet) -> PolicySet:
        return PolicySet(
            replace(source, name=names.get(source.name, source.name))
            for source in policies.policies
        )

    def rename_levels(levels: OrganizationLevels | None) -> OrganizationLevels | None:
        return None if levels is None else OrganizationLevels(map(rename, levels))

    given = question.policies
    changed = given._replace(
        identity=rename(given.identity),
        boundary=given.boundary and rename(given.boundary),
        session=given.session and rename(given.session),
        resource=given.resource and rename(given.resource),
        scps=rename_levels(given.scps),
        rcps=rename_levels(given.rcps),
        endpoint=given.endpoint and rename(given.endpoint),
        scope_downs=tuple(map(rename, given.scope_downs)),
    )
    return replace(question, policies=changed)
