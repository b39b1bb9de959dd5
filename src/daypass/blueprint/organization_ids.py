"""The ids of an organization's units, accounts, policies and people, by their keys in the file."""

from dataclasses import dataclass, field

from daypass.blueprint.organization import PolicyKey


@dataclass(slots=True)
class IdentityCenterIds:
    """The instance's ARN and its store's id, and ids of people, groups and permission sets by name.

    `instance` is empty if there is no instance, or none was looked for. Mutable, as the ids of the
    organization are.
    """

    instance: str = ""
    store: str = ""
    people: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    permission_sets: dict[str, str] = field(default_factory=dict)
    """ARNs."""


@dataclass(slots=True)
class OrganizationIds:
    """Ids of units by path, of accounts by key, of policies by type and name.

    Mutable: carrying out a plan adds the id of each thing that it creates.
    """

    organization: str = ""
    root: str = ""
    units: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    policies: dict[PolicyKey, str] = field(default_factory=dict)
    center: IdentityCenterIds = field(default_factory=IdentityCenterIds)

    def target_id(self, place: str) -> str:
        """Return the id of a target: the root or a unit by its path, an account by its key."""
        if place == "/":
            return self.root
        return self.units[place] if place.startswith("/") else self.accounts[place]
