"""Operations on access keys, the long-term credentials of users and of root."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import arn, quotas
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.user import User
from daypass.core.faults import Denied, NotFound, TooMany
from daypass.core.sessions.keyids import access_key_id, account_of, secret_access_key
from daypass.core.sessions.secrets import seal_secret
from daypass.services.iam import lookup, resources, views
from daypass.services.kit.context import Context
from daypass.services.kit.operation import SELF_AUTHORIZED, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]
ROOT_NAME = "<root_account>"
"""The user name in answers about root's keys."""


@operation(on=resources.user_or_root, issues=["AccessKey.SecretAccessKey"])
def create_access_key(ctx: Context, req: Req) -> Answer:
    """Create an access key for a user, or for root; the answer alone has its secret.

    Raises `TooMany` if the owner has the most keys already.
    """
    owner, name = _owner_id_and_name(ctx, req)
    if len(ctx.account.of(AccessKey).group(owner)) >= quotas.ACCESS_KEYS_MAX:
        raise TooMany(f"Cannot exceed quota for AccessKeysPerUser: {quotas.ACCESS_KEYS_MAX}")
    key_id = access_key_id("AKIA", ctx.account.id, ctx.entropy(10))
    secret = secret_access_key(ctx.entropy(30))
    sealed = seal_secret(secret, ctx.keyring, owner=key_id, nonce=ctx.entropy(12))
    key = AccessKey(account=ctx.account.id, id=key_id, owner=owner, secret=sealed, created=ctx.now)
    ctx.put(key)
    return {"AccessKey": views.access_key(key, name) | {"SecretAccessKey": secret}}


def _owner_id_and_name(ctx: Context, req: Req) -> tuple[str, str]:
    """Return the owner id and the user name of the keys that a request is about."""
    if "UserName" not in req and lookup.is_root_caller(ctx):
        return ctx.account.id, ROOT_NAME
    user = lookup.user(ctx, req)
    return user.unique_id, user.name


def _owned_key(ctx: Context, req: Req) -> AccessKey:
    """Return the key that a request names; raises `NotFound` unless its owner has it."""
    owner, _ = _owner_id_and_name(ctx, req)
    key = ctx.account.of(AccessKey).get(req["AccessKeyId"])
    if key is None or key.owner != owner:
        raise NotFound(f"The Access Key with id {req['AccessKeyId']} cannot be found.")
    return key


@operation(on=resources.user_or_root)
def update_access_key(ctx: Context, req: Req) -> None:
    """Activate or deactivate a key."""
    ctx.put(replace(_owned_key(ctx, req), active=req["Status"] == "Active"))


@operation(on=resources.user_or_root)
def delete_access_key(ctx: Context, req: Req) -> None:
    """Delete a key; requests that it signs are refused from this commit on."""
    ctx.remove(_owned_key(ctx, req))


@operation(on=resources.user_or_root)
def list_access_keys(ctx: Context, req: Req) -> Answer:
    """Return the keys of a user, or root's own, without their secrets."""
    owner, name = _owner_id_and_name(ctx, req)
    keys = ctx.account.of(AccessKey).group(owner)
    return {"AccessKeyMetadata": (views.access_key(key, name) for key in keys)}


@operation(on=SELF_AUTHORIZED)  # the resource is the user that the key belongs to
def get_access_key_last_used(ctx: Context, req: Req) -> Answer:
    """Return when, where and for which service a key of the account was last used.

    Raises `Denied` for a key that is not the account's.
    """
    key_id = req["AccessKeyId"]
    key = ctx.account.of(AccessKey).get(key_id) if account_of(key_id) == ctx.account.id else None
    user = ctx.account.by_id(User, key.owner) if key else None
    resource = user.arn if user else arn.iam(ctx.account.id, "user", "/", "*")
    ctx.authorize("iam:GetAccessKeyLastUsed", on=resource)
    if key is None:
        raise Denied(
            f"User: {ctx.caller.principal.arn} is not authorized to perform"
            f" iam:GetAccessKeyLastUsed on resource: access key {key_id}"
        )
    used = ctx.usage.last_use(key_id)
    last_use: Answer = {"ServiceName": "N/A", "Region": "N/A"}
    if used is not None:
        last_use = {"LastUsedDate": used.when, "ServiceName": used.service, "Region": used.region}
    return {"UserName": user.name if user else ROOT_NAME, "AccessKeyLastUsed": last_use}
