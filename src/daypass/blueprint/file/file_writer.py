"""Write an organization as a file, without what AWS creates itself, ids as references."""

import io
import json
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from daypass.aws.entities import EntityKind
from daypass.blueprint.file.people_writer import identity_center_data
from daypass.blueprint.organization import (
    MANAGEMENT,
    ROOT,
    SESSION_SECONDS,
    Account,
    AccountIAM,
    Entity,
    Organization,
    PolicyKey,
    PolicyTarget,
    parent_path,
    unit_name,
)
from daypass.blueprint.policy_texts import ACCOUNT_PREFIX, ORGANIZATION_REFERENCE, insert_references
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import SCP

LINE_WIDTH = 120
_SECTIONS = {EntityKind.GROUP: "groups", EntityKind.ROLE: "roles", EntityKind.USER: "users"}


def organization_file_text(organization: Organization) -> str:
    """Return the YAML text of an organization file; closed accounts are left out."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    # Its type says that it is always None.
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = LINE_WIDTH
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_FileWriter(organization).file(), out)
    return out.getvalue()


class _FileWriter:
    """Writes one organization as plain data; ids are replaced by references."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.open_accounts = {
            key: each for key, each in organization.accounts.items() if each.is_open
        }
        self.references = {
            each.id: f"{ACCOUNT_PREFIX}{key}" for key, each in self.open_accounts.items()
        }
        if organization.id:
            self.references[organization.id] = ORGANIZATION_REFERENCE
        self.policy_names = _policy_names(organization)

    def file(self) -> dict[str, Any]:
        """Return the whole file as plain data."""
        organization = self.organization
        found: dict[str, Any] = {
            "version": 1,
            "policy-types": sorted(organization.types or ()),
            "trusted-services": sorted(organization.services or ()),
            "resource-policy": self.document(organization.resource_policy)
            if organization.has_resource_policy
            else None,
            "root": self.target(organization.root or PolicyTarget()),
            "management": self.account(organization.accounts[MANAGEMENT]),
            "units": self.units(ROOT),
            "policies": {
                self.policy_names[key]: {
                    **({"name": key.name} if self.policy_names[key] != key.name else {}),
                    "type": key.type,
                    **_without_empty(description=each.description),
                    "content": self.document(each.content),
                    **_without_empty(tags=dict(each.tags)),
                }
                for key, each in sorted((organization.policies or {}).items())
            },
            "accounts": [
                {"email": each.email, "name": each.name, **self.account(each)}
                for key, each in self.open_accounts.items()
                if key != MANAGEMENT
            ],
        }
        if organization.identity_center is not None:
            found["identity-center"] = identity_center_data(
                organization.identity_center,
                self.open_accounts,
                self.document,
                lambda text: insert_references(text, self.references),
            )
        return found

    def document(self, text: str) -> Any:
        """Return a policy as a mapping, or as text if it is not a JSON object."""
        text = insert_references(text, self.references)
        try:
            found = json.loads(text)
        except ValueError:
            return text
        return found if isinstance(found, dict) else text

    def target(self, target: PolicyTarget) -> dict[str, Any]:
        """Return the attached policies, tags and `full-aws-access` of a target."""
        lacks = target.has_full_access is False and SCP in (self.organization.types or ())
        return {
            **_without_empty(policies=sorted(self.policy_names[key] for key in target.policies)),
            **({"full-aws-access": False} if lacks else {}),
            **_without_empty(tags=dict(target.tags)),
        }

    def units(self, above: str) -> dict[str, Any]:
        """Return the units directly below a path, each with its own units."""
        return {
            unit_name(path): {**self.target(target), **_without_empty(units=self.units(path))}
            for path, target in (self.organization.units or {}).items()
            if parent_path(path) == above
        }

    def account(self, account: Account) -> dict[str, Any]:
        """Return the members that a member account and the management account have in common."""
        role = account.access_role
        return {
            **({"unit": account.unit} if account.unit != ROOT else {}),
            **({"access-role": role} if role != ACCESS_ROLE else {}),
            **_without_empty(administers=sorted(account.administers)),
            **self.target(account.target),
            **(self.account_iam(account.iam, role) if account.iam else {}),
        }

    def account_iam(self, found: AccountIAM, access_role: str) -> dict[str, Any]:
        """Return an account's IAM, without the access role that was created with the account."""
        sections: dict[str, Any] = {}
        for kind, section in _SECTIONS.items():
            entities = {
                key.name: self.entity(each)
                for key, each in sorted(found.entities.items())
                if key.kind is kind and (kind is not EntityKind.ROLE or key.name != access_role)
            }
            sections |= _without_empty(**{section: entities})
        managed = {
            name: {
                **_without_empty(
                    path=each.path if each.path != "/" else "", description=each.description
                ),
                "content": self.document(each.content),
                **_without_empty(tags=dict(each.tags)),
            }
            for name, each in sorted(found.managed.items())
        }
        return sections | ({"managed-policies": managed} if managed else {})

    def entity(self, entity: Entity) -> dict[str, Any]:
        """Return a role, user or group as plain data."""
        seconds = entity.max_session_seconds
        inline = {name: self.document(text) for name, text in sorted(entity.inline.items())}
        return {
            **_without_empty(
                path=entity.path if entity.path != "/" else "", description=entity.description
            ),
            **({"trust": self.document(entity.trust)} if entity.trust else {}),
            **({"max-session-seconds": seconds} if seconds != SESSION_SECONDS else {}),
            **_without_empty(
                policies=inline,
                attached=sorted(
                    insert_references(each, self.references) for each in entity.attached
                ),
                boundary=insert_references(entity.boundary, self.references),
                groups=sorted(entity.groups),
                tags=dict(entity.tags),
            ),
        }


def _policy_names(organization: Organization) -> Mapping[PolicyKey, str]:
    """Return each policy's name in the file: its own, plus its type if the name is not unique."""
    keys = list(organization.policies or ())
    names = [key.name for key in keys]
    return {
        key: key.name if names.count(key.name) == 1 else f"{key.name} ({key.type})" for key in keys
    }


def _without_empty(**members: Any) -> dict[str, Any]:
    """Return the members whose values are not empty."""
    return {name: value for name, value in members.items() if value}
