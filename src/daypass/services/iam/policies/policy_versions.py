"""Operations on the versions of managed policies: at most five, one of them the default."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.faults import InUse, NotFound, TooMany
from daypass.services.iam import lookup, resources, views
from daypass.services.iam.policies.managed_policies import checked_document
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.policy)
def create_policy_version(ctx: Context, req: Req) -> Answer:
    """Add a version to a managed policy, as its default if `SetAsDefault`; return it."""
    policy = lookup.modifiable_policy(ctx, req["PolicyArn"], change="create versions for policies")
    document = checked_document(req["PolicyDocument"])
    if len(policy.versions) >= quotas.POLICY_VERSIONS_MAX:
        raise TooMany(
            f"A managed policy can have up to {quotas.POLICY_VERSIONS_MAX} versions."
            " Before you create"
            " a new version, you must delete an existing version."
        )
    number = policy.versions_made + 1
    version = PolicyVersion(id=f"v{number}", document=document, created=ctx.now)
    after = replace(
        policy,
        versions=(*policy.versions, version),
        versions_made=number,
        default=version.id if req.get("SetAsDefault") else policy.default,
        updated=ctx.now,
    )
    ctx.put(after)
    return {"PolicyVersion": views.policy_version(after, version)}


def _no_version(version_id: str) -> str:
    """Return the message for a version that does not exist, with a place for the policy's ARN."""
    return f"Policy {{arn}} version {version_id} does not exist or is not attachable."


def _version(policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    """Return a policy's version by its id; raises `NotFound`."""
    for version in policy.versions:
        if version.id == version_id:
            return version
    raise NotFound(_no_version(version_id).format(arn=policy.arn))


@operation(on=resources.policy)
def get_policy_version(ctx: Context, req: Req) -> Answer:
    """Return a version with its document."""
    missing = _no_version(req["VersionId"])
    policy = lookup.policy(ctx, req["PolicyArn"], not_found_message=missing)
    version = _version(policy, req["VersionId"])
    document = views.encoded_document(version.document)
    return {"PolicyVersion": views.policy_version(policy, version) | {"Document": document}}


@operation(on=resources.policy)
def delete_policy_version(ctx: Context, req: Req) -> None:
    """Delete a version; raises `InUse` for the default version."""
    change = "delete policy versions for policies"
    policy = lookup.modifiable_policy(ctx, req["PolicyArn"], change=change)
    version = _version(policy, req["VersionId"])
    if version.id == policy.default:
        raise InUse("Cannot delete the default version of a policy.")
    rest = tuple(each for each in policy.versions if each.id != version.id)
    ctx.put(replace(policy, versions=rest, updated=ctx.now))


@operation(on=resources.policy)
def list_policy_versions(ctx: Context, req: Req) -> Answer:
    """Return the versions of a managed policy, newest first."""
    policy = lookup.policy(ctx, req["PolicyArn"])
    return {"Versions": [views.policy_version(policy, each) for each in reversed(policy.versions)]}


@operation(on=resources.policy)
def set_default_policy_version(ctx: Context, req: Req) -> None:
    """Make a version the default, which every decision uses from this commit on."""
    missing = _no_version(req["VersionId"])
    policy = lookup.modifiable_policy(ctx, req["PolicyArn"], not_found_message=missing)
    version = _version(policy, req["VersionId"])
    ctx.put(replace(policy, default=version.id, updated=ctx.now))
