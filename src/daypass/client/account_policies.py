"""Read the policies that `daypass policy explain` and `daypass policy fetch` need from an account.

`daypass.aws` makes the calls; here the policies are put in the order of an explanation, and every
failure is raised with a hint.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from daypass.aws import control_policies, documents, entities, managed_policies
from daypass.aws.control_policies import AccountControlPolicies
from daypass.aws.entities import EntityKey, EntityKind, EntityPolicies
from daypass.aws.profile_clients import ProfileClients, Retries, UnusableProfile
from daypass.client.source_faults import unusable_profile

_PATIENT_RETRIES = Retries("adaptive", attempts_max=10)
"""Reading all AWS managed policies takes more than a thousand calls, which AWS throttles."""


class PoliciesUnavailable(Exception):
    """Policies that an account does not have, or that these credentials may not read.

    `hint` says what to do; `code` is 2 for a profile that cannot be used, 1 for a refusal.
    """

    def __init__(self, message: str, hint: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class NamedDocument(NamedTuple):
    """The name of a policy in explanations, and the policy document as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PrincipalWithPolicies:
    """A user or role with the policies that apply to it now.

    `identity` are its own policies, then those of its groups; `boundary` is None without one.
    """

    arn: str
    unique_id: str
    tags: Mapping[str, str]
    identity: tuple[NamedDocument, ...]
    boundary: NamedDocument | None
    is_secure: bool
    """Whether the account is reached by HTTPS, as the principal's own requests will be."""


def read_principal(
    profile: str | None, arn: str, environ: Mapping[str, str]
) -> PrincipalWithPolicies:
    """Return the user or role of an ARN, or of a session's ARN, with its policies.

    None as the profile means botocore's default. Raises `PoliciesUnavailable`.
    """
    key = _entity_key(arn)
    with _as_policies_unavailable(
        f"the policies of {arn} cannot be read",
        "--profile names the credentials to read them with, which need iam:Get* and iam:List*",
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
            is_secure=iam.meta.endpoint_url.lower().startswith("https:"),
        )


def read_account_control_policies(
    profile: str | None, account: str, environ: Mapping[str, str]
) -> AccountControlPolicies:
    """Return the SCPs and RCPs that apply to an account. Raises `PoliciesUnavailable`."""
    with _as_policies_unavailable(
        f"the SCPs and RCPs above account {account} cannot be read",
        "use credentials of the management account, or of a delegated administrator",
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
    """Return AWS managed policies in the format of `daypass policy load`: those named, or all.

    `progress` is called with the number of policies read so far and the total. Raises
    `PoliciesUnavailable`.
    """
    wanted = set(names)
    with _as_policies_unavailable(
        "the AWS managed policies cannot be read", "check the credentials of --profile"
    ):
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
    """Raise botocore's errors as `PoliciesUnavailable`, with botocore's message appended."""
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise PoliciesUnavailable(f"{message}: {error}", hint) from error
    except UnusableProfile as error:
        told = unusable_profile(error.profile, error.command, error.cause)
        raise PoliciesUnavailable(f"{message}: {told}", told.hint, code=2) from error


def _entity_key(arn: str) -> EntityKey:
    """Return the kind and the name, without a path, of an ARN's user or role.

    Raises `PoliciesUnavailable` for an ARN of anything else.
    """
    resource = arn.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind in {"user", "role"} and rest:
        return EntityKey(EntityKind(kind), rest.rpartition("/")[2])
    if kind == "assumed-role" and "/" in rest:
        return EntityKey(EntityKind.ROLE, rest.partition("/")[0])
    raise PoliciesUnavailable(
        f"{arn} is not the ARN of a user or role",
        "for example arn:aws:iam::111122223333:role/reader",
    )


def _identity_policies(
    iam: Any, key: EntityKey, policies: EntityPolicies
) -> Iterator[NamedDocument]:
    """Yield an entity's inline policies, named by entity and policy, then attached ones by ARN."""
    for name, text in policies.inline.items():
        yield NamedDocument(f"{key.kind} {key.name}: {name}", text)
    for arn in policies.attached:
        yield _managed_policy(iam, arn)


def _managed_policy(iam: Any, arn: str) -> NamedDocument:
    return NamedDocument(
        arn, managed_policies.read_managed_policy(iam, arn, documents.indented_text).content
    )


def _load_file_entry(iam: Any, listed: Mapping[str, Any]) -> dict[str, Any]:
    """Return an AWS managed policy as the file of `daypass policy load` has it; ISO 8601 times."""
    version = listed["DefaultVersionId"]
    document = managed_policies.read_version_document(iam, listed["Arn"], version)
    return {
        "arn": listed["Arn"],
        "version": version,
        "created": listed["CreateDate"].isoformat(),
        "updated": listed["UpdateDate"].isoformat(),
        "document": documents.parse_document(document),
    }
