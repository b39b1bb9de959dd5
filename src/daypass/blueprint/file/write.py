"""Writes an organization as the file that would make it: ids become what stands for them, and what AWS makes by itself is left out."""

import io
import json
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from daypass.aws.entities import EntityKind
from daypass.blueprint.organization import (
    MANAGEMENT,
    ROOT,
    SESSION_SECONDS,
    Account,
    Entity,
    Node,
    Organization,
    PolicyKey,
    Principals,
    name_of,
    parent,
)
from daypass.blueprint.policy_texts import ACCOUNT, ORGANIZATION, with_references
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import SCP

WIDTH = 120
_SECTIONS = {EntityKind.GROUP: "groups", EntityKind.ROLE: "roles", EntityKind.USER: "users"}


def write(organization: Organization) -> str:
    """Return the file's text; accounts that are closed are not in it."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # typed as always None
    yaml.width = WIDTH
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_Writing(organization).file(), out)
    return out.getvalue()


class _Writing:
    """One file in the writing."""

    def __init__(self, organization: Organization) -> None:
        self.of = organization
        self.open = {key: each for key, each in organization.accounts.items() if each.is_open}
        self.names = {each.id: f"{ACCOUNT}{key}" for key, each in self.open.items()}
        if organization.id:
            self.names[organization.id] = ORGANIZATION
        self.called = _called(organization)

    def file(self) -> dict[str, Any]:
        """Return it as plain data."""
        of = self.of
        found: dict[str, Any] = {
            "version": 1,
            "policy-types": sorted(of.types or ()),
            "trusted-services": sorted(of.services or ()),
            "resource-policy": self.document(of.resource_policy)
            if of.has_resource_policy
            else None,
            "root": self.node(of.root or Node()),
            "management": self.account(of.accounts[MANAGEMENT]),
            "units": self.units(ROOT),
            "policies": {
                self.called[key]: {
                    **({"name": key.name} if self.called[key] != key.name else {}),
                    "type": key.type,
                    **_some(description=each.description),
                    "content": self.document(each.content),
                    **_some(tags=dict(each.tags)),
                }
                for key, each in sorted((of.policies or {}).items())
            },
            "accounts": [
                {"email": each.email, "name": each.name, **self.account(each)}
                for key, each in self.open.items()
                if key != MANAGEMENT
            ],
        }
        return found

    def document(self, text: str) -> Any:
        """Return a policy as a mapping, or as text if it is not a JSON object."""
        text = with_references(text, self.names)
        try:
            found = json.loads(text)
        except ValueError:
            return text
        return found if isinstance(found, dict) else text

    def node(self, node: Node) -> dict[str, Any]:
        """Return what hangs on a place."""
        lacks = node.has_full_access is False and SCP in (self.of.types or ())
        return {
            **_some(policies=sorted(self.called[key] for key in node.policies)),
            **({"full-aws-access": False} if lacks else {}),
            **_some(tags=dict(node.tags)),
        }

    def units(self, above: str) -> dict[str, Any]:
        """Return the units below a place."""
        return {
            name_of(path): {**self.node(node), **_some(units=self.units(path))}
            for path, node in (self.of.units or {}).items()
            if parent(path) == above
        }

    def account(self, account: Account) -> dict[str, Any]:
        """Return what an account and the management account have in common."""
        role = account.access_role
        return {
            **({"unit": account.unit} if account.unit != ROOT else {}),
            **({"access-role": role} if role != ACCESS_ROLE else {}),
            **_some(administers=sorted(account.administers)),
            **self.node(account.node),
            **(self.principals(account.principals, role) if account.principals else {}),
        }

    def principals(self, found: Principals, access_role: str) -> dict[str, Any]:
        """Return an account's IAM without the role that came with the account."""
        sections: dict[str, Any] = {}
        for kind, section in _SECTIONS.items():
            entities = {
                key.name: self.entity(each)
                for key, each in sorted(found.entities.items())
                if key.kind is kind and (kind is not EntityKind.ROLE or key.name != access_role)
            }
            sections |= _some(**{section: entities})
        managed = {
            name: {
                **_some(path=each.path if each.path != "/" else "", description=each.description),
                "content": self.document(each.content),
                **_some(tags=dict(each.tags)),
            }
            for name, each in sorted(found.managed.items())
        }
        return sections | ({"managed-policies": managed} if managed else {})

    def entity(self, entity: Entity) -> dict[str, Any]:
        """Return a role, user or group."""
        seconds = entity.max_session_seconds
        inline = {name: self.document(text) for name, text in sorted(entity.inline.items())}
        return {
            **_some(path=entity.path if entity.path != "/" else "", description=entity.description),
            **({"trust": self.document(entity.trust)} if entity.trust else {}),
            **({"max-session-seconds": seconds} if seconds != SESSION_SECONDS else {}),
            **_some(
                policies=inline,
                attached=sorted(with_references(each, self.names) for each in entity.attached),
                boundary=with_references(entity.boundary, self.names),
                groups=sorted(entity.groups),
                tags=dict(entity.tags),
            ),
        }


def _called(organization: Organization) -> Mapping[PolicyKey, str]:
    """Return what each policy is called in the file: its name, with its type where another type has the same name."""
    keys = list(organization.policies or ())
    names = [key.name for key in keys]
    return {
        key: key.name if names.count(key.name) == 1 else f"{key.name} ({key.type})" for key in keys
    }


def _some(**members: Any) -> dict[str, Any]:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value}
