"""The policies that `daypass policy explain` and `fetch` take from an account.

What is read stands in `daypass.aws`; here it is put in the order of a question, and a failure is
said with what to do about it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from daypass.aws import control_policies, documents, entities, managed_policies
from daypass.aws.control_policies import AccountControlPolicies
from daypass.aws.entities import EntityKey, EntityKind, EntityPolicies
from daypass.aws.profile_clients import ProfileClients, Retries

_PATIENT_RETRIES = Retries("adaptive", attempts_max=10)
"""All policies that AWS manages are more than a thousand calls in a row, which AWS throttles."""


class PoliciesUnavailable(Exception):
    """Policies that an account does not have, or does not show to these credentials.

    `hint` says what to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NamedDocument(NamedTuple):
    """A policy as an explanation names it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PrincipalWithPolicies:
    """A user or role as it is now; `identity` are its own policies and then those of its groups."""

    arn: str
    unique_id: str
    tags: Mapping[str, str]
    identity: tuple[NamedDocument, ...]
    boundary: NamedDocument | None


def read_principal(
    profile: str | None, arn: str, environ: Mapping[str, str]
) -> PrincipalWithPolicies:
    """Return a user or role, or the role of a session's ARN, with its policies.

    Raises `PoliciesUnavailable`.
    """
    key = _entity_key(arn)
    with _as_policies_unavailable(
        f"the policies of {arn} cannot be read",
        "--profile says whose credentials read them; they need iam:Get* and iam:List*",
    ):
        iam = ProfileClients(profile, environ).client("iam")
        entity = entities.read_entity(iam, key, documents.indented_text)
        identity = [*_identity_policies(iam, key, entity.policies)]
        for name in entity.groups:
            group = EntityKey(EntityKind.GROUP, name)
            policies = entities.read_entity_policies(iam, group, documents.indented_text)
            identity += _identity_policies(iam, group, policies)
        return PrincipalWithPolicies(
            arn=entity.arn,
            unique_id=entity.unique_id,
            tags=entity.tags,
            identity=tuple(identity),
            boundary=_managed_policy(iam, entity.boundary) if entity.boundary else None,
        )


def read_account_control_policies(
    profile: str | None, account: str, environ: Mapping[str, str]
) -> AccountControlPolicies:
    """Return the SCPs and RCPs above an account. Raises `PoliciesUnavailable`."""
    with _as_policies_unavailable(
        f"what stands above account {account} cannot be read",
        "it takes credentials of the management account, or of an account that"
        " administers a service for it",
    ):
        organizations = ProfileClients(profile, environ).client("organizations")
        return control_policies.read_control_policies(organizations, account)


def read_aws_managed_policies(
    profile: str | None,
    names: Iterable[str],
    environ: Mapping[str, str],
    *,
    progress: Callable[[int, int], None],
) -> list[dict[str, Any]]:
    """Return policies that AWS manages, the named ones or all, as `daypass policy load` takes them.

    `progress` is called with the number of policies that were read and of all. Raises
    `PoliciesUnavailable`.
    """
    wanted = set(names)
    with _as_policies_unavailable("the account does not answer", "are its credentials right?"):
        iam = ProfileClients(profile, environ, retries=_PATIENT_RETRIES).client("iam")
        chosen = [
            each
            for each in managed_policies.list_managed_policies(iam, "AWS")
            if not wanted or each["PolicyName"] in wanted
        ]
        missing = wanted - {each["PolicyName"] for each in chosen}
        if missing:
            raise PoliciesUnavailable(
                f"the account has no policy {', '.join(sorted(missing))}",
                "aws iam list-policies --scope AWS shows their names",
            )
        found: list[dict[str, Any]] = []
        for each in chosen:
            progress(len(found), len(chosen))
            found.append(_load_file_entry(iam, each))
    return found


@contextmanager
def _as_policies_unavailable(message: str, hint: str) -> Iterator[None]:
    """Raise botocore's errors as `PoliciesUnavailable`, with botocore's words."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PoliciesUnavailable(f"{message}: {error}", hint) from error


def _entity_key(arn: str) -> EntityKey:
    """Return the user or role that an ARN is of, by its name without a path."""
    resource = arn.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind in {"user", "role"} and rest:
        return EntityKey(EntityKind(kind), rest.rpartition("/")[2])
    if kind == "assumed-role" and "/" in rest:
        return EntityKey(EntityKind.ROLE, rest.partition("/")[0])
    raise PoliciesUnavailable(
        f"{arn} is no user and no role", "such as arn:aws:iam::111122223333:role/reader"
    )


def _identity_policies(
    iam: Any, key: EntityKey, policies: EntityPolicies
) -> Iterator[NamedDocument]:
    """Give an entity's inline policies by its name and theirs, then its attached ones by ARN."""
    for name, text in policies.inline.items():
        yield NamedDocument(f"{key.kind} {key.name}: {name}", text)
    for arn in policies.attached:
        yield _managed_policy(iam, arn)


def _managed_policy(iam: Any, arn: str) -> NamedDocument:
    return NamedDocument(
        arn, managed_policies.read_managed_policy(iam, arn, documents.indented_text).content
    )


def _load_file_entry(iam: Any, listed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy as the file of `daypass policy load` holds it; times are in ISO 8601."""
    version = listed["DefaultVersionId"]
    document = managed_policies.read_version_document(iam, listed["Arn"], version)
    return {
        "arn": listed["Arn"],
        "version": version,
        "created": listed["CreateDate"].isoformat(),
        "updated": listed["UpdateDate"].isoformat(),
        "document": documents.parse_document(document),
    }
