"""Reads an account's own roles, users, groups and policies through IAM."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from daypass.blueprint.api_clients import code_of
from daypass.blueprint.organization import (
    SESSION_SECONDS,
    Holder,
    HolderKey,
    HolderKind,
    Managed,
    Principals,
)

SERVICES_OWN = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that services make and keep for themselves."""


class Reading:
    """The IAM of one account."""

    def __init__(self, iam: Any, account: str) -> None:
        self.iam = iam
        self.account = account

    def principals(
        self, holders: frozenset[HolderKey] | None, managed: frozenset[str] | None
    ) -> Principals:
        """Return who and what is named, as far as it is there; everything but what services own where nothing is named."""
        keys = list(self._everybody()) if holders is None else sorted(holders)
        found = {key: self._holder(key) for key in keys}
        own = {
            each["PolicyName"]: self._managed(each)
            for each in self._pages("list_policies", "Policies", Scope="Local")
            if managed is None or each["PolicyName"] in managed
        }
        return Principals({key: each for key, each in found.items() if each is not None}, own)

    def _pages(self, operation: str, key: str, **params: Any) -> list[Any]:
        pages = self.iam.get_paginator(operation).paginate(**params)
        return [each for page in pages for each in page[key]]

    def _everybody(self) -> Iterator[HolderKey]:
        for kind in HolderKind:
            for each in self._pages(f"list_{kind}s", f"{kind.title()}s"):
                if not each["Path"].startswith(SERVICES_OWN):
                    yield HolderKey(kind, each[f"{kind.title()}Name"])

    def _holder(self, key: HolderKey) -> Holder | None:
        kind, name = key
        named = {f"{kind.title()}Name": name}
        try:
            shown = getattr(self.iam, f"get_{kind}")(**named)[kind.title()]
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
            return None
        get = getattr(self.iam, f"get_{kind}_policy")
        boundary = shown.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        groups = (
            self._pages("list_groups_for_user", "Groups", **named)
            if kind is HolderKind.USER
            else []
        )
        attached = self._pages(f"list_attached_{kind}_policies", "AttachedPolicies", **named)
        return Holder(
            kind=kind,
            name=name,
            path=shown["Path"],
            tags={each["Key"]: each["Value"] for each in shown.get("Tags", ())},
            inline={
                policy: _text(get(**named, PolicyName=policy)["PolicyDocument"])
                for policy in self._pages(f"list_{kind}_policies", "PolicyNames", **named)
            },
            attached=frozenset(self._reference(each["PolicyArn"]) for each in attached),
            boundary=self._reference(boundary),
            trust=_text(shown["AssumeRolePolicyDocument"]) if kind is HolderKind.ROLE else "",
            description=shown.get("Description", ""),
            max_session_seconds=shown.get("MaxSessionDuration", SESSION_SECONDS),
            groups=frozenset(each["GroupName"] for each in groups),
        )

    def _reference(self, arn: str) -> str:
        """Call a policy of the same account without its id, so that it means the same in another."""
        parts = arn.split(":", 5)
        is_own = len(parts) == 6 and parts[4] == self.account  # noqa: PLR2004 - an ARN
        return parts[5] if is_own else arn

    def _managed(self, listed: Any) -> Managed:
        arn = listed["Arn"]
        shown = self.iam.get_policy(PolicyArn=arn)["Policy"]
        version = self.iam.get_policy_version(PolicyArn=arn, VersionId=shown["DefaultVersionId"])
        return Managed(
            name=shown["PolicyName"],
            content=_text(version["PolicyVersion"]["Document"]),
            path=shown["Path"],
            description=shown.get("Description", ""),
            tags={each["Key"]: each["Value"] for each in shown.get("Tags", ())},
        )


def _text(document: Any) -> str:
    """Return a document's text: botocore has read some of them already."""
    if isinstance(document, str):
        return document
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
