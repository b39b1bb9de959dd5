"""GetCallerIdentity, GetAccessKeyInfo and DecodeAuthorizationMessage."""

import json
from typing import Any

from daypass.core import authorization_messages
from daypass.core.faults import BadMessage, Invalid
from daypass.core.sessions.keyids import account_of
from daypass.services.kit.context import Context
from daypass.services.kit.operation import SELF_AUTHORIZED, any_resource, operation
from daypass.services.kit.refusal_reasons import account_audience, refusal_reasons


@operation(on=SELF_AUTHORIZED)  # allowed for every caller, even against an explicit deny
def get_caller_identity(ctx: Context, _req: dict[str, Any]) -> dict[str, Any]:
    """Return the caller's unique id, account and ARN."""
    return {
        "UserId": ctx.caller.user_id,
        "Account": ctx.caller.account,
        "Arn": ctx.caller.principal.arn,
    }


@operation(on=any_resource)
def get_access_key_info(_ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return the account encoded in an access key id, whether or not the key exists."""
    account = account_of(req["AccessKeyId"])
    if account is None:
        raise Invalid(f"{req['AccessKeyId']} is not an access key id")
    return {"Account": account}


@operation(on=any_resource)
def decode_authorization_message(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return why a request was refused, from the encoded message of the refusal.

    It decrypts for callers of the refused caller's account, and for the account that managed that
    account's organization at the time. Each sees its own policies in full, and of other accounts'
    policies the kind and the ARN. Raises `BadMessage` for every other caller, and for a message
    that is not ours or has expired.
    """
    text, viewer = req["EncodedMessage"], ctx.caller.account
    account = authorization_messages.message_account(text)
    policies_above = ctx.directory.control_policies_of(account)
    managed_organization = (
        policies_above.organization
        if policies_above is not None and viewer == policies_above.management
        else ""
    )
    if account != viewer and not managed_organization:
        raise BadMessage(authorization_messages.INVALID)
    refusal = authorization_messages.decode_message(
        text, account=account, ring=ctx.keyring, now=ctx.now
    )
    if account != viewer and managed_organization != refusal.organization:
        raise BadMessage(authorization_messages.INVALID)
    reasons = refusal_reasons(
        refusal, ctx.directory, account_audience(refusal, viewer, ctx.directory)
    )
    return {"DecodedMessage": json.dumps(reasons, separators=(",", ":"))}
