"""The policies that AWS manages, as files beside this module; more can be loaded from a file.

Source of each document and its description: AWS managed policy reference guide. Each is in a file
of its own, as AWS publishes it.
"""

import hashlib
from importlib import resources
from typing import Any

import msgspec

from daypass.core.arn import Arn
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.partition import AWS
from daypass.core.faults import Invalid, Malformed
from daypass.core.policy.language.parse import parse_document
from daypass.core.sessions.keyids import unique_id
from daypass.core.time.timestamps import parse_iso8601


class PublishedDocument(msgspec.Struct, frozen=True):
    """A managed policy in a JSON file."""

    arn: str
    version: str
    created: str
    updated: str
    document: dict[str, Any]
    description: str = ""


def bundled_policies() -> tuple[ManagedPolicy, ...]:
    """Return the AWS managed policies that come with the program."""
    folder = resources.files(__name__)
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".json")),
        key=lambda each: each.name,
    )
    return tuple(
        _managed_policy(msgspec.json.decode(each.read_bytes(), type=PublishedDocument))
        for each in files
    )


class _AccountDetails(msgspec.Struct, frozen=True):
    """The answer of GetAccountAuthorizationDetails, as the AWS CLI prints it."""

    Policies: list[dict[str, Any]]


def parse_policy_file(text: bytes) -> tuple[ManagedPolicy, ...]:
    """Return the managed policies of a JSON file: one, a list, or an account's details.

    The last is what `aws iam get-account-authorization-details --filter AWSManagedPolicy` prints.
    Raises `Invalid` for any other file and `Malformed` for a document that is not a policy.
    """
    for kind, listed in (
        (list[PublishedDocument], lambda found: found),
        (PublishedDocument, lambda found: [found]),
        (_AccountDetails, lambda found: [_published_document(each) for each in found.Policies]),
    ):
        try:
            return tuple(
                _managed_policy(each) for each in listed(msgspec.json.decode(text, type=kind))
            )
        except (msgspec.ValidationError, KeyError, StopIteration):
            continue
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Invalid(f"the file is not JSON: {error}") from error
    raise Invalid("the file holds no managed policies")


def _published_document(raw: dict[str, Any]) -> PublishedDocument:
    """Return the default version of an entry of GetAccountAuthorizationDetails."""
    default = raw["DefaultVersionId"]
    version = next(each for each in raw["PolicyVersionList"] if each["VersionId"] == default)
    return PublishedDocument(
        arn=raw["Arn"],
        version=default,
        created=raw["CreateDate"],
        updated=raw["UpdateDate"],
        document=version["Document"],
    )


def _managed_policy(published: PublishedDocument) -> ManagedPolicy:
    """Return a policy of a file as a record; raises `Invalid` unless its ARN is one of AWS's."""
    arn = Arn.parse(published.arn)
    if arn.service != "iam" or arn.account != AWS or arn.kind != "policy":
        raise Invalid(f"{published.arn} is not a policy that AWS manages")
    text = msgspec.json.encode(published.document).decode()
    try:
        parse_document(text)
    except Malformed as error:
        raise Malformed(f"{published.arn}: {error.message}", path=error.path) from error
    updated = parse_iso8601(published.updated)
    return ManagedPolicy(
        account=AWS,
        name=arn.name,
        path=arn.path,
        unique_id=unique_id("ANPA", hashlib.sha256(published.arn.encode()).digest()),
        created=parse_iso8601(published.created),
        updated=updated,
        default=published.version,
        versions=(PolicyVersion(id=published.version, document=text, created=updated),),
        versions_made=int(published.version.removeprefix("v")),
        description=published.description,
    )
