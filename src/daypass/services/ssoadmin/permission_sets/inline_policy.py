"""Operations on the inline policy of a permission set."""

from collections.abc import Mapping
from typing import Any

from daypass.core.identity_center.permission_sets import edits
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup
from daypass.services.ssoadmin.permission_sets.editing import editable_set, readable_set

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=editable_set)
def put_inline_policy_to_permission_set(ctx: Context, req: Req) -> None:
    """Set or replace the inline policy of a permission set."""
    permission_set = lookup.permission_set(ctx, req)
    ctx.put(edits.with_inline_policy(permission_set, req["InlinePolicy"]))


@operation(on=readable_set)
def get_inline_policy_for_permission_set(ctx: Context, req: Req) -> Answer:
    """Return the inline policy of a permission set as it was sent; empty without one."""
    return {"InlinePolicy": lookup.permission_set(ctx, req).inline}


@operation(on=editable_set)
def delete_inline_policy_from_permission_set(ctx: Context, req: Req) -> None:
    """Delete the inline policy of a permission set; without one nothing changes."""
    ctx.put(edits.edited(lookup.permission_set(ctx, req), inline=""))
