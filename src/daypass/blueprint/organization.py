"""An organization as values: what a file says of it, and what is there, in the same words.

Things are named as people name them: units by their path, accounts by their e-mail address,
policies by type and name. Ids are kept beside them where they are known. In what a file says, None
means that the file does not speak of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import SCP

ROOT = "/"
MANAGEMENT = "management"
"""What the management account is called, whatever its address."""
FULL_ACCESS_NAME = "FullAWSAccess"
SESSION_SECONDS = 3600  # IAM's own default of a role's longest session
Tags = Mapping[str, str]


class PolicyKey(NamedTuple):
    """What tells one policy of an organization from another."""

    type: str
    name: str


FULL_ACCESS = PolicyKey(SCP, FULL_ACCESS_NAME)
"""AWS's own SCP. It is kept beside a target's policies, because it comes and goes by itself."""


def child_path(path: str, name: str) -> str:
    """Return the path of a unit below another; a slash in a name is written `%2F`."""
    return f"{path.rstrip('/')}/{name.replace('%', '%25').replace('/', '%2F')}"


def parent_path(path: str) -> str:
    """Return the path of the unit above, the root's for the first ones."""
    return path.rpartition("/")[0] or ROOT


def unit_name(path: str) -> str:
    """Return the name of a unit."""
    return path.rpartition("/")[2].replace("%2F", "/").replace("%25", "%")


def path_depth(path: str) -> int:
    """Return how many units deep a path is."""
    return 0 if path == ROOT else path.count("/")


def paths_from_root(path: str) -> Iterator[str]:
    """Give the paths from the root down to a unit."""
    yield ROOT
    parts = path.strip("/").split("/") if path != ROOT else []
    for at in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:at])


@dataclass(frozen=True, slots=True)
class PolicyTarget:
    """The root, a unit or an account as a target that policies are attached to.

    `has_full_access` says whether FullAWSAccess is attached; None leaves it as it is.
    """

    tags: Tags = field(default_factory=dict)
    policies: frozenset[PolicyKey] = frozenset()
    has_full_access: bool | None = None


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of the organization."""

    type: str
    name: str
    content: str
    description: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def key(self) -> PolicyKey:
        """Return what the policy is known by."""
        return PolicyKey(self.type, self.name)


@dataclass(frozen=True, slots=True)
class Entity:
    """A role, user or group.

    `attached` and `boundary` are ARNs, or `policy/…` for a policy of the same account.
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
    """A policy that an account made itself."""

    name: str
    content: str
    path: str = "/"
    description: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Return the policy's name for entities of the same account, as in `attached`."""
        return f"policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class AccountIAM:
    """The entities and managed policies of an account that the file speaks of, or that were read."""

    entities: Mapping[EntityKey, Entity] = field(default_factory=dict)
    managed: Mapping[str, CustomerManagedPolicy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A member of the organization; `unit` is the path of where it is."""

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
    """A whole organization.

    `accounts` are by folded address, the management account by `MANAGEMENT`.
    """

    exists: bool = True
    id: str = ""
    features: str = "ALL"
    root: PolicyTarget | None = None
    units: Mapping[str, PolicyTarget] | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    lists_accounts: bool = True
    """Whether accounts that are not named are meant to be gone, or the file does not speak of
    accounts at all."""
    policies: Mapping[PolicyKey, OrganizationPolicy] | None = None
    types: frozenset[str] | None = None
    services: frozenset[str] | None = None
    resource_policy: str = ""
    has_resource_policy: bool | None = None
    """Whether there is to be one. None: the file does not say."""

    def targets(self) -> Iterator[tuple[str, PolicyTarget]]:
        """Give everything that policies hang on: the root, the units from above, the accounts."""
        if self.root is not None:
            yield ROOT, self.root
        for path in sorted(self.units or {}, key=lambda each: (path_depth(each), each)):
            yield path, (self.units or {})[path]
        for key, account in self.accounts.items():
            yield key, account.target

    def target(self, place: str) -> PolicyTarget | None:
        """Return what a path or an account's key names."""
        if place == ROOT:
            return self.root
        if place.startswith("/"):
            return (self.units or {}).get(place)
        account = self.accounts.get(place)
        return account.target if account else None


def is_path(place: str) -> bool:
    """Say whether a place is the root or a unit, and not an account."""
    return place.startswith("/")
