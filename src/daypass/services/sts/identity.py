"""Who a credential or a key id belongs to."""

import json
from typing import Any

from daypass.core import messages
from daypass.core.faults import BadMessage, Invalid
from daypass.core.sessions.keyids import account_of
from daypass.services.kit.context import Context
from daypass.services.kit.operation import THEMSELVES, everything, operation
from daypass.services.kit.reasons import audience, reasons


@operation(on=THEMSELVES)  # allowed for every caller, even against an explicit deny
def get_caller_identity(ctx: Context, _req: dict[str, Any]) -> dict[str, Any]:
    """Say who is asking."""
    return {
        "UserId": ctx.caller.user_id,
        "Account": ctx.caller.account,
        "Arn": ctx.caller.principal.arn,
    }


@operation(on=everything)
def get_access_key_info(_ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Read the account that is written in an access key id, whether or not there is such a key."""
    account = account_of(req["AccessKeyId"])
    if account is None:
        raise Invalid(f"{req['AccessKeyId']} is not an access key id")
    return {"Account": account}


@operation(on=everything)
def decode_authorization_message(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Open what a refusal carried: why it was refused.

    It opens for callers of the account that was refused, and for the account that manages its organization: that of then,
    wherever the account is now. Each reads what is its own; of other accounts' policies it learns kind and ARN.
    """
    text, own = req["EncodedMessage"], ctx.caller.account
    account = messages.account_of(text)
    above = ctx.directory.above(account)
    manages = above.organization if above is not None and own == above.management else ""
    if account != own and not manages:
        raise BadMessage(messages.INVALID)
    refusal = messages.decode(text, account=account, ring=ctx.keyring, now=ctx.now)
    if account != own and manages != refusal.organization:
        raise BadMessage(messages.INVALID)
    found = reasons(refusal, ctx.directory, audience(refusal, own, ctx.directory))
    return {"DecodedMessage": json.dumps(found, separators=(",", ":"))}
