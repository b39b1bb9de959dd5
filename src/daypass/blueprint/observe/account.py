"""Read an account's users, groups, roles and managed policies as `AccountIAM`."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws import documents, entities, managed_policies
from daypass.aws.api_calls import error_code
from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.organization import (
    SESSION_SECONDS,
    AccountIAM,
    CustomerManagedPolicy,
    Entity,
)

SERVICE_PATHS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that AWS services create for themselves."""


class AccountReader:
    """Reads the IAM of one account."""

    def __init__(self, iam: Any, account: str) -> None:
        self.iam = iam
        self.account = account

    def read_iam(
        self, entity_keys: frozenset[EntityKey] | None, managed: frozenset[str] | None
    ) -> AccountIAM:
        """Return the named entities and managed policies, as far as they exist.

        None means all, except entities that AWS services own.
        """
        keys = list(self._all_keys()) if entity_keys is None else sorted(entity_keys)
        found = {key: self._entity(key) for key in keys}
        policies = {
            each["PolicyName"]: self._managed(each["Arn"])
            for each in managed_policies.list_managed_policies(self.iam, "Local")
            if managed is None or each["PolicyName"] in managed
        }
        return AccountIAM({key: each for key, each in found.items() if each is not None}, policies)

    def _all_keys(self) -> Iterator[EntityKey]:
        for kind in EntityKind:
            for each in entities.list_entities(self.iam, kind):
                if not each["Path"].startswith(SERVICE_PATHS):
                    yield EntityKey(kind, each[f"{kind.title()}Name"])

    def _entity(self, key: EntityKey) -> Entity | None:
        try:
            entity = entities.read_entity(self.iam, key, documents.compact_text)
        except ClientError as error:
            if error_code(error) != "NoSuchEntity":
                raise
            return None
        return Entity(
            kind=key.kind,
            name=key.name,
            path=entity.path,
            tags=entity.tags,
            inline=entity.policies.inline,
            attached=frozenset(self._reference(each) for each in entity.policies.attached),
            boundary=self._reference(entity.boundary),
            trust=entity.trust,
            description=entity.description,
            max_session_seconds=entity.max_session_seconds or SESSION_SECONDS,
            groups=frozenset(entity.groups),
        )

    def _reference(self, arn: str) -> str:
        """Return `policy/…` for an ARN of the same account; else the ARN."""
        parts = arn.split(":", 5)
        is_own = len(parts) == 6 and parts[4] == self.account  # noqa: PLR2004 - an ARN
        return parts[5] if is_own else arn

    def _managed(self, arn: str) -> CustomerManagedPolicy:
        policy = managed_policies.read_managed_policy(self.iam, arn, documents.compact_text)
        return CustomerManagedPolicy(
            name=policy.name,
            content=policy.content,
            path=policy.path,
            description=policy.description,
            tags=policy.tags,
        )
