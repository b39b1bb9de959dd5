"""A live user or role with its policies, as the account that it is in tells them.

Read through IAM's own operations, so it works with a Daypass authority and with AWS alike.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from daypass.client.unusable import Unusable

Named = tuple[str, str]
"""A policy's name and its text."""


@dataclass(frozen=True, slots=True)
class Live:
    """A principal as it is now; `identity` are its policies and its groups', by name and text."""

    arn: str
    unique_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[Named, ...] = ()
    boundary: Named | None = None


def fetch(profile: str | None, arn: str, environ: Mapping[str, str]) -> Live:
    """Return a user or role (or the role behind a session's ARN) of the account that the profile reaches.

    Raises `Unusable` for another kind of ARN, and where the account does not answer.
    """
    kind, name = _kind(arn)
    try:
        session = botocore.session.Session(profile=profile)
        region = session.get_config_variable("region") or environ.get("AWS_REGION") or "us-east-1"
        iam = session.create_client("iam", region_name=region)
        return _User(iam, name).live() if kind == "user" else _Role(iam, name).live()
    except (BotoCoreError, ClientError) as error:
        raise Unusable(
            f"the policies of {arn} cannot be read: {error}",
            "--profile says whose credentials read them; they need iam:Get* and iam:List*",
        ) from error


def _kind(arn: str) -> tuple[str, str]:
    resource = arn.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind in {"user", "role"} and rest:
        return kind, rest.rpartition("/")[2]
    if kind == "assumed-role" and "/" in rest:
        return "role", rest.partition("/")[0]
    raise Unusable(f"{arn} is no user and no role", "such as arn:aws:iam::111122223333:role/reader")


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, indent=2)


class _Holder:
    """What users, roles and groups have in common: inline policies and attached ones."""

    kind = ""

    def __init__(self, iam: Any, name: str) -> None:
        self.iam = iam
        self.name = name

    @property
    def key(self) -> dict[str, str]:
        return {f"{self.kind.title()}Name": self.name}

    def policies(self) -> list[Named]:
        listed = self.iam.get_paginator(f"list_{self.kind}_policies").paginate(**self.key)
        get = getattr(self.iam, f"get_{self.kind}_policy")
        found = [
            (
                f"{self.kind} {self.name}: {name}",
                _text(get(**self.key, PolicyName=name)["PolicyDocument"]),
            )
            for page in listed
            for name in page["PolicyNames"]
        ]
        attached = self.iam.get_paginator(f"list_attached_{self.kind}_policies")
        for page in attached.paginate(**self.key):
            found += [self.managed(each["PolicyArn"]) for each in page["AttachedPolicies"]]
        return found

    def managed(self, arn: str) -> Named:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)
        return arn, _text(answer["PolicyVersion"]["Document"])

    def of(self, record: Mapping[str, Any], policies: list[Named]) -> Live:
        boundary = record.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return Live(
            arn=record["Arn"],
            unique_id=record[f"{self.kind.title()}Id"],
            tags={tag["Key"]: tag["Value"] for tag in record.get("Tags", ())},
            identity=tuple(policies),
            boundary=self.managed(boundary) if boundary else None,
        )


class _Group(_Holder):
    kind = "group"


class _User(_Holder):
    kind = "user"

    def live(self) -> Live:
        record = self.iam.get_user(**self.key)["User"]
        groups = [
            group["GroupName"]
            for page in self.iam.get_paginator("list_groups_for_user").paginate(**self.key)
            for group in page["Groups"]
        ]
        found = self.policies()
        for group in groups:
            found += _Group(self.iam, group).policies()
        return self.of(record, found)


class _Role(_Holder):
    kind = "role"

    def live(self) -> Live:
        return self.of(self.iam.get_role(**self.key)["Role"], self.policies())
