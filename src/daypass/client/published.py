"""The policies that AWS manages, as an account sees them today: read with the account's own credentials."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from daypass.client.unusable import Unusable


def fetch(
    profile: str | None, names: Iterable[str], *, told: Callable[[int, int], None]
) -> list[dict[str, Any]]:
    """Return policies by name, all of them without one, each with its default version's document.

    `told` hears how many of how many have come. Raises `Unusable` where the account does not answer, or has no policy
    of a name.
    """
    wanted = set(names)
    try:
        session = botocore.session.Session(profile=profile)
        iam = session.create_client(
            "iam",
            region_name=session.get_config_variable("region") or "us-east-1",
            config=Config(retries={"mode": "adaptive", "total_max_attempts": 10}),
        )
        pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
        listed = [each for page in pages for each in page["Policies"]]
        chosen = [each for each in listed if not wanted or each["PolicyName"] in wanted]
        missing = wanted - {each["PolicyName"] for each in chosen}
        if missing:
            raise Unusable(
                f"the account has no policy {', '.join(sorted(missing))}",
                "aws iam list-policies --scope AWS shows their names",
            )
        found: list[dict[str, Any]] = []
        for each in chosen:
            told(len(found), len(chosen))
            found.append(_published(iam, each))
    except (BotoCoreError, ClientError) as error:
        raise Unusable(
            f"the account does not answer: {error}", "are its credentials right?"
        ) from error
    return found


def _published(iam: Any, listed: dict[str, Any]) -> dict[str, Any]:
    version = iam.get_policy_version(PolicyArn=listed["Arn"], VersionId=listed["DefaultVersionId"])[
        "PolicyVersion"
    ]
    document = version["Document"]
    return {
        "arn": listed["Arn"],
        "version": listed["DefaultVersionId"],
        "created": listed["CreateDate"].isoformat(),
        "updated": listed["UpdateDate"].isoformat(),
        "document": json.loads(document) if isinstance(document, str) else document,
    }
