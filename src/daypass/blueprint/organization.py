"""An organization as values, the same for a file's content and for the existing organization.

Units are identified by path, accounts by e-mail address, policies by type and name; known ids are
kept beside them (`organization_ids`). In a file's content None means that the file does not mention
the thing, so it is left alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.identity_center import IdentityCenter
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import SCP

ROOT = "/"
MANAGEMENT = "management"
"""The key of the management account, whatever its e-mail address."""
FULL_ACCESS_NAME = "FullAWSAccess"
SESSION_SECONDS = 3600  # IAM's own default of a role's longest session
Tags = Mapping[str, str]


class PolicyKey(NamedTuple):
    """Type and name of a policy, unique in its organization."""

    type: str
    name: str


FULL_ACCESS = PolicyKey(SCP, FULL_ACCESS_NAME)
"""AWS's own SCP. `PolicyTarget` has it as a flag, because AWS attaches and detaches it itself."""


def child_path(path: str, name: str) -> str:
    """Return the path of a unit by its parent's path and its name, a slash in it as `%2F`."""
    return f"{path.rstrip('/')}/{name.replace('%', '%25').replace('/', '%2F')}"


def parent_path(path: str) -> str:
    """Return the path of a unit's parent, `/` for the root."""
    return path.rpartition("/")[0] or ROOT


def unit_name(path: str) -> str:
    """Return the name of a unit from its path, unescaped."""
    return path.rpartition("/")[2].replace("%2F", "/").replace("%25", "%")


def path_depth(path: str) -> int:
    """Return the number of units on a path, 0 for the root."""
    return 0 if path == ROOT else path.count("/")


def paths_from_root(path: str) -> Iterator[str]:
    """Yield the paths from the root down to a unit, both included."""
    yield ROOT
    parts = path.strip("/").split("/") if path != ROOT else []
    for at in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:at])


@dataclass(frozen=True, slots=True)
class PolicyTarget:
    """The root, a unit or an account: its tags and attached policies.

    `has_full_access` says whether FullAWSAccess is attached; None leaves it as it is.
    """

    tags: Tags = field(default_factory=dict)
    policies: frozenset[PolicyKey] = frozenset()
    has_full_access: bool | None = None


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of the organization, such as an SCP; `content` is its document as text."""

    type: str
    name: str
    content: str
    description: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def key(self) -> PolicyKey:
        """Return the policy's type and name."""
        return PolicyKey(self.type, self.name)


@dataclass(frozen=True, slots=True)
class Entity:
    """A role, user or group of an account, with its policies.

    `attached` and `boundary` are ARNs, or `policy/…` for a policy of the same account. `trust` is a
    role's trust policy, `inline` are documents by name, `groups` are a user's.
    """

    kind: EntityKind
    name: str
    path: str = "/"
    tags: Tags = field(default_factory=dict)
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: frozenset[str] = frozenset()
    boundary: str = ""
    trust: str = ""
    description: str = ""
    max_session_seconds: int = SESSION_SECONDS
    groups: frozenset[str] = frozenset()

    @property
    def key(self) -> EntityKey:
        """Return the entity's kind and name."""
        return EntityKey(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class CustomerManagedPolicy:
    """A customer managed policy of an account; `content` is its document as text."""

    name: str
    content: str
    path: str = "/"
    description: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Return `policy/…`, by which entities of the same account name the policy."""
        return f"policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class AccountIAM:
    """An account's roles, users, groups and customer managed policies, as far as listed or read."""

    entities: Mapping[EntityKey, Entity] = field(default_factory=dict)
    managed: Mapping[str, CustomerManagedPolicy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A member account or the management account; `unit` is the path of its parent.

    `administers` are services that it is a delegated administrator of; `iam` None: not mentioned.
    """

    email: str = ""
    name: str = ""
    id: str = ""
    unit: str = ROOT
    target: PolicyTarget = field(default_factory=PolicyTarget)
    administers: frozenset[str] = frozenset()
    access_role: str = ACCESS_ROLE
    is_open: bool = True
    iam: AccountIAM | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with all its units, accounts and policies.

    `accounts` are by lower-case e-mail address, the management account by `MANAGEMENT`.
    """

    exists: bool = True
    id: str = ""
    features: str = "ALL"
    root: PolicyTarget | None = None
    units: Mapping[str, PolicyTarget] | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    lists_accounts: bool = True
    """Whether the file lists accounts, so that `--prune` may remove others."""
    policies: Mapping[PolicyKey, OrganizationPolicy] | None = None
    types: frozenset[str] | None = None
    services: frozenset[str] | None = None
    resource_policy: str = ""
    has_resource_policy: bool | None = None
    """Whether there is a resource policy. None: the file does not mention it."""
    identity_center: IdentityCenter | None = None
    """People, permission sets and assignments. None: not mentioned, or not read."""

    def targets(self) -> Iterator[tuple[str, PolicyTarget]]:
        """Yield every target with its path or key: the root, units by depth, then accounts."""
        if self.root is not None:
            yield ROOT, self.root
        for path in sorted(self.units or {}, key=lambda each: (path_depth(each), each)):
            yield path, (self.units or {})[path]
        for key, account in self.accounts.items():
            yield key, account.target

    def target(self, place: str) -> PolicyTarget | None:
        """Return the target of a path or an account's key; None if it does not exist."""
        if place == ROOT:
            return self.root
        if place.startswith("/"):
            return (self.units or {}).get(place)
        account = self.accounts.get(place)
        return account.target if account else None


def is_path(place: str) -> bool:
    """Say whether a target's name is a path (the root or a unit) and not an account's key."""
    return place.startswith("/")
