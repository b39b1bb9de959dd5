"""What stands above an account in its organization: the SCPs and RCPs on each level, as those tell who may read them.

Read through the operations of Organizations, so it works with a Daypass authority and with AWS alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from daypass.client.principals import Named
from daypass.client.unusable import Unusable
from daypass.core.organizations.policies.policy_types import RCP, SCP


@dataclass(frozen=True, slots=True)
class Above:
    """The policies of each level, the root's first, by name and text; nothing where a type is off or reaches nobody."""

    organization: str
    management: str
    path: str
    """The path of the account's parent, as `aws:PrincipalOrgPaths` has it."""
    scps: tuple[tuple[Named, ...], ...] | None
    rcps: tuple[tuple[Named, ...], ...] | None


def fetch(profile: str | None, account: str, environ: Mapping[str, str]) -> Above:
    """Return what stands above an account. Raises `Unusable` where the organization does not answer."""
    try:
        session = botocore.session.Session(profile=profile)
        region = session.get_config_variable("region") or environ.get("AWS_REGION") or "us-east-1"
        return _above(session.create_client("organizations", region_name=region), account)
    except (BotoCoreError, ClientError) as error:
        raise Unusable(
            f"what stands above account {account} cannot be read: {error}",
            "it takes credentials of the management account, or of an account that administers a service for it",
        ) from error


def _above(organizations: Any, account: str) -> Above:
    known = organizations.describe_organization()["Organization"]
    line = [account]
    while not line[0].startswith("r-"):
        line.insert(0, organizations.list_parents(ChildId=line[0])["Parents"][0]["Id"])
    enabled = {each["Type"] for each in organizations.list_roots()["Roots"][0]["PolicyTypes"]}
    is_member = account != known["MasterAccountId"]
    texts: dict[str, Named] = {}

    def levels(kind: str) -> tuple[tuple[Named, ...], ...] | None:
        if kind not in enabled or not is_member:
            return None
        return tuple(tuple(_hanging(organizations, node, kind, texts)) for node in line)

    path = "".join(f"{each}/" for each in [known["Id"], *line[:-1]])
    return Above(known["Id"], known["MasterAccountId"], path, levels(SCP), levels(RCP))


def _hanging(organizations: Any, node: str, kind: str, texts: dict[str, Named]) -> list[Named]:
    """Return the policies of a type on a place; each is read once."""
    pages = organizations.get_paginator("list_policies_for_target").paginate(TargetId=node, Filter=kind)  # fmt: skip
    found = []
    for each in (each for page in pages for each in page["Policies"]):
        if each["Id"] not in texts:
            content = organizations.describe_policy(PolicyId=each["Id"])["Policy"]["Content"]
            texts[each["Id"]] = (each["Name"], content)
        name, content = texts[each["Id"]]
        found.append((f"{name} on {node}", content))
    return found
