"""The ids of an organization's root, units, accounts and policies, by their keys in the file."""

from dataclasses import dataclass, field

from daypass.blueprint.organization import PolicyKey


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

    def target_id(self, place: str) -> str:
        """Return the id of a target: the root or a unit by its path, an account by its key."""
        if place == "/":
            return self.root
        return self.units[place] if place.startswith("/") else self.accounts[place]
