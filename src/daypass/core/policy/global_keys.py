"""The global condition keys: what every request carries, whatever it asks for.

The authority, the gate and the commands that explain policies make them by these functions alone,
so that a command's context is the context of a request. Each of them gives the facts as it knows
them: from a verified credential, the directory, the socket and the clock, or as assumptions.
Source: IAM user guide, "AWS global condition context keys".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind
from daypass.core.policy.language.resources import ACCOUNT_WIDE_RESOURCES
from daypass.core.time.timestamps import iso8601

ConditionKeys = dict[str, str | tuple[str, ...]]
"""Condition keys by name in lower case; a tuple is the value of a multivalued key."""

OWNERLESS_RESOURCES = frozenset({"*", *ACCOUNT_WIDE_RESOURCES.values()})
"""Resources without an owner, of actions on a whole account such as ListAllMyBuckets."""


class ResourceFacts(Protocol):
    """The resource of a request, `*` for an action without resources, and its owner's account."""

    @property
    def resource(self) -> str: ...  # noqa: D102 - said above
    @property
    def account(self) -> str: ...  # noqa: D102


class SessionFacts(Protocol):
    """The session of temporary credentials: issued at a second since 1970, with MFA or without."""

    @property
    def issued(self) -> int: ...  # noqa: D102 - said above
    @property
    def source_identity(self) -> str: ...  # noqa: D102
    @property
    def federated_provider(self) -> str:
        """Return the ARN of the identity provider of a federated session; empty for any other."""

    @property
    def identity_store_user(self) -> str:
        """Return the id of the person whom Identity Center issued the session to, or empty."""

    def mfa_age_seconds(self, *, steady: int) -> int | None:
        """Return the seconds since the MFA code was given; None for a session without MFA."""


class TagFacts(Protocol):
    """A tag of a user or of a session."""

    @property
    def key(self) -> str: ...  # noqa: D102 - said above
    @property
    def value(self) -> str: ...  # noqa: D102


class CallerFacts(Protocol):
    """The caller: its principal and tags, and its session, None for a long-term access key."""

    @property
    def principal(self) -> Principal: ...  # noqa: D102 - said above
    @property
    def tags(self) -> Iterable[TagFacts]: ...  # noqa: D102
    @property
    def session(self) -> SessionFacts | None: ...  # noqa: D102


class ConnectionFacts(Protocol):
    """How and when the request arrived; texts are empty where they are not known.

    `now` is the wall clock's time in seconds since 1970, `lead` how far steady time is ahead of it.
    """

    @property
    def now(self) -> int: ...  # noqa: D102 - said above
    @property
    def lead(self) -> int: ...  # noqa: D102
    @property
    def secure(self) -> bool: ...  # noqa: D102
    @property
    def source_ip(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def user_agent(self) -> str: ...  # noqa: D102
    @property
    def referer(self) -> str: ...  # noqa: D102


class OrganizationFacts(Protocol):
    """Where an account is in its organization; `path` is as `aws:PrincipalOrgPaths` has it."""

    @property
    def organization(self) -> str: ...  # noqa: D102 - said above
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def management(self) -> str: ...  # noqa: D102


def global_keys(
    resource: ResourceFacts,
    caller: CallerFacts,
    connection: ConnectionFacts,
    *,
    callers_organization: OrganizationFacts | None,
    owners_organization: OrganizationFacts | None,
) -> ConditionKeys:
    """Return every global condition key of a request; None: the account is in no organization."""
    keys: ConditionKeys = {}
    for name, make in KEYS_OF_ANY_REQUEST.items():
        value = make(resource, caller, connection)
        if value is not None:
            keys[name] = value
    if caller.principal.kind is PrincipalKind.SERVICE:
        keys["aws:principalservicename"] = caller.principal.arn
        keys["aws:principalservicenameslist"] = (caller.principal.arn,)
    if callers_organization is not None:
        keys["aws:principalorgid"] = callers_organization.organization
        keys["aws:principalorgpaths"] = (callers_organization.path,)
        keys["aws:principalorgmasteraccountid"] = callers_organization.management
    if owners_organization is not None and resource.resource not in OWNERLESS_RESOURCES:
        keys["aws:resourceorgid"] = owners_organization.organization
        keys["aws:resourceorgpaths"] = (owners_organization.path,)
    for tag in caller.tags:
        keys[f"aws:principaltag/{tag.key.lower()}"] = tag.value
    if caller.session is not None:
        steady = connection.now + connection.lead
        keys.update(_session_keys(caller.session, caller.principal.kind, steady))
    return keys


def _resource_account(resource: ResourceFacts) -> str | None:
    return None if resource.resource in OWNERLESS_RESOURCES else resource.account


def _principal_account(principal: Principal) -> str | None:
    if principal.kind is PrincipalKind.ANONYMOUS:
        return "anonymous"
    return principal.account or None


def _is_service(principal: Principal) -> str | None:
    """Return whether the caller is a service; None for a request that is not signed."""
    if principal.kind is PrincipalKind.SERVICE:
        return "true"
    return None if principal.kind in WITHOUT_ACCOUNT else "false"


KEYS_OF_ANY_REQUEST: Mapping[
    str, Callable[[ResourceFacts, CallerFacts, ConnectionFacts], str | None]
] = {
    "aws:currenttime": lambda _resource, _caller, connection: iso8601(connection.now),
    "aws:epochtime": lambda _resource, _caller, connection: str(connection.now),
    "aws:principalaccount": lambda _resource, caller, _: _principal_account(caller.principal),
    "aws:principaltype": lambda _resource, caller, _: PRINCIPAL_TYPES.get(caller.principal.kind),
    "aws:requestedregion": lambda _resource, _caller, connection: connection.region or None,
    "aws:securetransport": lambda _resource, _caller, connection: (
        "true" if connection.secure else "false"
    ),
    "aws:userid": lambda _resource, caller, _: user_id(caller.principal),
    "aws:viaawsservice": lambda _resource, _caller, _connection: "false",
    "aws:sourceip": lambda _resource, _caller, connection: connection.source_ip or None,
    "aws:principalarn": lambda _resource, caller, _: principal_arn(caller.principal),
    "aws:principalisawsservice": lambda _resource, caller, _: _is_service(caller.principal),
    "aws:useragent": lambda _resource, _caller, connection: connection.user_agent or None,
    "aws:referer": lambda _resource, _caller, connection: connection.referer or None,
    "aws:resourceaccount": lambda resource, _caller, _: _resource_account(resource),
    "aws:username": lambda _resource, caller, _: _user_name(caller.principal),
}
"""Keys that a resource, a caller and a connection give by themselves; None: no such key.

No tag's key and no session's key has one of these names.
"""

PRINCIPAL_TYPES: Mapping[PrincipalKind, str] = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


def user_id(principal: Principal) -> str | None:
    """Return `aws:userid`: `AIDA…`, `AROA…:session`, or the account's id for root.

    None for a service, for a caller from an identity provider, and without the unique id.
    """
    kind = principal.kind
    if kind is PrincipalKind.USER:
        return principal.unique_id or None
    if kind is PrincipalKind.ROLE_SESSION:
        session_name = principal.arn.rpartition("/")[2]
        return f"{principal.unique_id}:{session_name}" if principal.unique_id else None
    if kind is PrincipalKind.FEDERATED_USER:
        return f"{principal.account}:{principal.arn.rpartition('/')[2]}"
    if kind is PrincipalKind.ROOT:
        return principal.account
    return "anonymous" if kind is PrincipalKind.ANONYMOUS else None


def principal_arn(principal: Principal) -> str | None:
    """Return `aws:PrincipalArn`: the role's own ARN for a role session, the caller's otherwise.

    None for a caller without an account.
    """
    if principal.kind in WITHOUT_ACCOUNT:
        return None
    return principal.role_arn or principal.arn


def _user_name(principal: Principal) -> str | None:
    """Return the user's name, the last part of its ARN: a name has no slash."""
    return principal.arn.rpartition("/")[2] if principal.kind is PrincipalKind.USER else None


def _session_keys(session: SessionFacts, kind: PrincipalKind, steady: int) -> ConditionKeys:
    """Return the keys of a session: issue, MFA, source identity, and who federated it.

    A federated session has no MFA key at all: how its person signed in is the provider's matter.
    """
    keys: ConditionKeys = {"aws:tokenissuetime": iso8601(session.issued)}
    if session.federated_provider:
        keys["aws:federatedprovider"] = session.federated_provider
    else:
        keys["aws:multifactorauthpresent"] = "false"
    if session.identity_store_user:
        keys["identitystore:userid"] = session.identity_store_user
    age = session.mfa_age_seconds(steady=steady)
    if age is not None and kind is not PrincipalKind.ROLE_SESSION:
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = str(age)
    if session.source_identity:
        keys["aws:sourceidentity"] = session.source_identity
    return keys
