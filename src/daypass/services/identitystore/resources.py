"""The resources that the identity store's operations act on: ARNs with their condition keys.

A policy must allow each of them: the store alone is not enough, and neither is a user alone.
`identitystore:ReservedUserId` is never there, because no operation of the model takes a reserved
id. Source: service authorization reference, "Actions, resources, and condition keys for AWS
Identity Store".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.services.identitystore import lookup
from daypass.services.identitystore.admission import StoreLocator
from daypass.services.kit.context import Context
from daypass.services.kit.operation import ResourceTarget
from daypass.state.snapshot.identity_store_view import IdentityStoreView

Req = Mapping[str, Any]
Keys = dict[str, str | tuple[str, ...]]
_USER_ISSUERS = "identitystore:userexternalidissuers"
_GROUP_ISSUERS = "identitystore:groupexternalidissuers"


def user_arn(identifier: str) -> str:
    """Return the ARN of a user; of all users for `*`."""
    return f"arn:aws:identitystore:::user/{identifier}"


def group_arn(identifier: str) -> str:
    """Return the ARN of a group; of all groups for `*`."""
    return f"arn:aws:identitystore:::group/{identifier}"


def membership_arn(identifier: str) -> str:
    """Return the ARN of a membership; of all memberships for `*`."""
    return f"arn:aws:identitystore:::membership/{identifier}"


def _targets(
    ctx: Context, store: IdentityStoreView, *arns: str, keys: Keys | None = None
) -> list[ResourceTarget]:
    """Return the store and what has these ARNs as targets, all with the same condition keys."""
    assert store.record is not None  # noqa: S101 - the request is admitted to the store
    shared = _keys_of_store(ctx, store) | (keys or {})
    return [ResourceTarget(arn, shared) for arn in (store.record.arn, *arns)]


def _keys_of_store(ctx: Context, store: IdentityStoreView) -> Keys:
    """Return the condition keys of everything in a store.

    A member account reads by its own policies alone, so its own account is the one in which the
    engine decides; the owner's is nevertheless what the keys of the resource name.
    """
    assert store.record is not None  # noqa: S101 - the request is admitted to the store
    instance = ctx.directory.instance(store.record.instance).record
    keys: Keys = {} if instance is None else {"identitystore:primaryregion": instance.region}
    owner = store.record.owner
    if owner != ctx.caller.account:
        keys["aws:resourceaccount"] = owner
        organization = ctx.directory.control_policies_of(owner)
        if organization is not None:
            keys["aws:resourceorgid"] = organization.organization
            keys["aws:resourceorgpaths"] = (organization.path,)
    return keys


def _issuers(store: IdentityStoreView, owner: str) -> tuple[str, ...]:
    """Return the issuers of the external ids of a person or a group, in order."""
    return tuple(dict.fromkeys(each.issuer for each in store.of(ExternalId).group(owner)))


def the_store(ctx: Context, _req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store alone."""
    return _targets(ctx, store)


def the_user(ctx: Context, req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store and the user of `UserId`, with the issuers of the user's external ids."""
    user = lookup.user_id(req)
    return _targets(ctx, store, user_arn(user), keys={_USER_ISSUERS: _issuers(store, user)})


def the_group(ctx: Context, req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store and the group of `GroupId`, with the issuers of its external ids."""
    group = lookup.group_id(req)
    return _targets(ctx, store, group_arn(group), keys={_GROUP_ISSUERS: _issuers(store, group)})


def store_and(*arns: str) -> StoreLocator:
    """Return a locator of the store and of everything that has these ARNs, such as all users."""

    def locate(ctx: Context, _req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
        return _targets(ctx, store, *arns)

    return locate


all_users = store_and(user_arn("*"))
"""The store and all users. Who looks a user up by a name is asked about all of them, so that a
refusal tells neither whether the name exists nor the user's id."""
all_groups = store_and(group_arn("*"))
"""The store and all groups, as for `all_users`."""


def group_and_member(ctx: Context, req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store, the group and the user, and the user's membership if there is one."""
    group, user = lookup.group_id(req), lookup.member_id(req)
    existing = store.membership_in(group, user)
    arns = [group_arn(group), user_arn(user), *([existing.arn] if existing else ())]
    return _targets(ctx, store, *arns)


def the_membership(ctx: Context, req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store and the membership of `MembershipId`.

    The group and the user of an existing one too.
    """
    identifier = lookup.membership_id(req)
    existing = store.membership(identifier)
    arns = [group_arn(existing.group), user_arn(existing.member)] if existing else []
    return _targets(ctx, store, membership_arn(identifier), *arns)


def memberships_of_group(
    ctx: Context, req: Req, store: IdentityStoreView
) -> Sequence[ResourceTarget]:
    """Return the store, the group of `GroupId` and all memberships."""
    return _targets(ctx, store, group_arn(lookup.group_id(req)), membership_arn("*"))


def memberships_of_member(
    ctx: Context, req: Req, store: IdentityStoreView
) -> Sequence[ResourceTarget]:
    """Return the store, the user of `MemberId` and all memberships."""
    return _targets(ctx, store, user_arn(lookup.member_id(req)), membership_arn("*"))


def member_and_groups(ctx: Context, req: Req, store: IdentityStoreView) -> Sequence[ResourceTarget]:
    """Return the store, the user of `MemberId`, the groups of `GroupIds` and all memberships."""
    groups = dict.fromkeys(lookup.resource_id(each, "group") for each in req["GroupIds"])
    arns = map(group_arn, groups)
    return _targets(ctx, store, user_arn(lookup.member_id(req)), *arns, membership_arn("*"))
