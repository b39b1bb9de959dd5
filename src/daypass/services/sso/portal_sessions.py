"""Logout: the end of a sign-in session."""

from typing import Any

from daypass.services.kit.context import Context
from daypass.services.kit.operation import BEARER, SELF_AUTHORIZED, operation
from daypass.services.sso.parameters import signed_in


@operation(on=SELF_AUTHORIZED, scheme=BEARER, credential="accessToken")
def logout(ctx: Context, _req: dict[str, Any]) -> dict[str, Any]:
    """End the sign-in session of the token, with every token and program that came of it.

    Role credentials that were issued stay until they expire. Source: IAM Identity Center portal API
    reference, Logout.
    """
    ctx.remove(signed_in(ctx).session)
    return {}
