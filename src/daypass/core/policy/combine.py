"""The decision: every kind of policy that bears on a request, put together.

An explicit deny anywhere wins. A resource's policy that names the caller itself suffices in its own account; one that names
the role or user behind it suffices within boundary and session policies; one that names the account lets the caller's own
policies decide. Across accounts both sides must allow. Source: IAM user guide, "Policy evaluation logic".

What a statement with `Effect: allow` (another case) would mean is not asked here: such a document is refused when written,
and one that was stored all the same denies.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from daypass.core.policy.compile import Compiled, CompiledStatement
from daypass.core.policy.match import Context
from daypass.core.policy.principal import Kind, Principal
from daypass.core.policy.principals import Grant

IDENTITY = "identity-based policy"
RESOURCE = "resource-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
UNREADABLE = "policy that cannot be read"

_WITHOUT_ACCOUNT = frozenset({Kind.SERVICE, Kind.WEB_IDENTITY, Kind.SAML, Kind.ANONYMOUS})
EXEMPT = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that no policy can take away."""


class Outcome(enum.Enum):
    """How a decision ends; both denials are the same to a caller but for the words."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `resource` is `*` for an action without resource-level permissions; context keys in lower case."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Context


@dataclass(frozen=True, slots=True)
class Policies:
    """What is in force: nothing where there is none of a kind, an empty tuple where there is one that says nothing."""

    identity: tuple[Compiled, ...] = ()
    boundary: Compiled | None = None
    session: tuple[Compiled, ...] | None = None
    resource: Compiled | None = None
    requires_grant: bool = False
    """The resource's policy must name the caller or its account: roles and KMS keys."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, the kind of policy that decided, and the statement that did, if one did."""

    outcome: Outcome
    layer: str = ""
    statement: CompiledStatement | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the request may go on."""
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the policies of one kind say: the first deny and the first allow that apply."""

    deny: CompiledStatement | None
    allow: CompiledStatement | None
    is_broken: bool = False


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one action on one resource for one caller."""
    if request.action.lower() in EXEMPT and request.principal.kind is not Kind.ANONYMOUS:
        return Decision(Outcome.ALLOWED)
    identity = _verdict(policies.identity, request)
    boundary = None if policies.boundary is None else _verdict((policies.boundary,), request)
    session = None if policies.session is None else _verdict(policies.session, request)
    denied, grants = _resource(policies, request)
    refused = _explicit(identity, boundary, session, denied)
    if refused is not None:
        return refused
    return _granted(
        request, policies, identity=identity, boundary=boundary, session=session, grants=grants
    )


def _explicit(
    identity: _Verdict,
    boundary: _Verdict | None,
    session: _Verdict | None,
    resource: _Verdict,
) -> Decision | None:
    """Return the first explicit deny, in the order in which AWS names them."""
    layers = ((IDENTITY, identity), (RESOURCE, resource), (BOUNDARY, boundary), (SESSION, session))
    for layer, verdict in layers:
        if verdict is None:
            continue
        if verdict.is_broken:
            return Decision(Outcome.EXPLICITLY_DENIED, UNREADABLE)
        if verdict.deny is not None:
            return Decision(Outcome.EXPLICITLY_DENIED, layer, verdict.deny)
    return None


def _granted(
    request: Request,
    policies: Policies,
    *,
    identity: _Verdict,
    boundary: _Verdict | None,
    session: _Verdict | None,
    grants: dict[Grant, CompiledStatement],
) -> Decision:
    caller = request.principal
    by_resource = _strongest(grants)
    if caller.kind in _WITHOUT_ACCOUNT:
        return by_resource if Grant.DIRECT in grants else _implicit(RESOURCE)
    is_root = caller.kind is Kind.ROOT
    identity_says = Decision(Outcome.ALLOWED, IDENTITY, identity.allow)
    identity_allows = is_root or identity.allow is not None
    cap = _missing_cap(caller, boundary, session)
    if caller.account != request.resource_account:
        if not grants:
            return _implicit(RESOURCE)
        if not identity_allows:
            return _implicit(IDENTITY)
        return _implicit(cap) if cap else by_resource
    if Grant.DIRECT in grants:
        return by_resource
    if Grant.ENTITY in grants and not cap:
        return by_resource
    if policies.requires_grant and Grant.ACCOUNT not in grants and Grant.ENTITY not in grants:
        return _implicit(RESOURCE)
    if not identity_allows and Grant.ENTITY not in grants:
        return _implicit(IDENTITY)
    if cap:
        return _implicit(cap)
    return identity_says


def _missing_cap(caller: Principal, boundary: _Verdict | None, session: _Verdict | None) -> str:
    """Return the ceiling that does not allow, or nothing."""
    if boundary is not None and boundary.allow is None:
        return BOUNDARY
    if session is not None and session.allow is None:
        return SESSION
    if session is None and caller.kind is Kind.FEDERATED_USER:
        # A federated user has no permissions but those that its session policies pass on.
        return SESSION
    return ""


def _implicit(layer: str) -> Decision:
    return Decision(Outcome.IMPLICITLY_DENIED, layer)


def _strongest(grants: dict[Grant, CompiledStatement]) -> Decision:
    statement = grants[max(grants)] if grants else None
    return Decision(Outcome.ALLOWED, RESOURCE, statement)


def _verdict(documents: Iterable[Compiled], request: Request) -> _Verdict:
    """Evaluate policies that have no principal: a deny ends it."""
    service, _, name = request.action.lower().partition(":")
    allow: CompiledStatement | None = None
    for document in documents:
        if document.is_broken:
            return _Verdict(None, None, is_broken=True)
        for statement in document.about(service):
            if statement.is_allow and allow is not None:
                continue
            if (
                statement.speaks_of(service, name)
                and statement.covers(request.resource, request.context, is_attached=False)
                and statement.holds(request.context)
            ):
                if not statement.is_allow:
                    return _Verdict(statement, None)
                allow = statement
    return _Verdict(None, allow)


def _resource(
    policies: Policies, request: Request
) -> tuple[_Verdict, dict[Grant, CompiledStatement]]:
    """Evaluate the resource's policy: a deny, or each way in which it grants."""
    document = policies.resource
    grants: dict[Grant, CompiledStatement] = {}
    if document is None:
        return _Verdict(None, None), grants
    if document.is_broken:
        return _Verdict(None, None, is_broken=True), grants
    service, _, name = request.action.lower().partition(":")
    has_boundary = policies.boundary is not None
    for statement in document.about(service):
        how = statement.names(request.principal, has_boundary=has_boundary)
        if (
            how is None
            or not statement.speaks_of(service, name)
            or not statement.covers(request.resource, request.context, is_attached=True)
            or not statement.holds(request.context)
        ):
            continue
        if not statement.is_allow:
            return _Verdict(statement, None), {}
        grants.setdefault(how, statement)
    return _Verdict(None, None), grants


def refusal(request: Request, decision: Decision) -> str:
    """Return the one line by which AWS refuses; callers of another account are told no reason."""
    words = (
        f"User: {request.principal.arn} is not authorized to perform: {request.action}"
        f" on resource: {request.resource}"
    )
    if request.principal.account != request.resource_account:
        return words
    article = "an" if decision.layer[:1] in {"a", "e", "i", "o"} else "a"
    if decision.outcome is Outcome.EXPLICITLY_DENIED:
        return f"{words} with an explicit deny in {article} {decision.layer}"
    return f"{words} because no {decision.layer} allows the {request.action} action"
