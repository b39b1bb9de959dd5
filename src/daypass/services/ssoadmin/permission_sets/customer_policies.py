"""Operations on the customer managed policies of a permission set.

They are references by name and path: each account where the set is provisioned has its own policy.
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.permission_set import CustomerPolicy
from daypass.core.identity_center.permission_sets import edits
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup
from daypass.services.ssoadmin.permission_sets.editing import editable_set, readable_set

Req = Mapping[str, Any]
Answer = dict[str, Any]
REFERENCE = "CustomerManagedPolicyReference"


def read_reference(reference: Mapping[str, Any]) -> CustomerPolicy:
    """Return the customer managed policy of a `CustomerManagedPolicyReference`."""
    return CustomerPolicy(reference["Name"], reference.get("Path", "/"))


def show_reference(policy: CustomerPolicy) -> Answer:
    """Return a customer managed policy as AWS's `CustomerManagedPolicyReference`."""
    return {"Name": policy.name, "Path": policy.path}


@operation(on=editable_set)
def attach_customer_managed_policy_reference_to_permission_set(ctx: Context, req: Req) -> None:
    """Attach a customer managed policy, whether or not any account has it yet."""
    permission_set = lookup.permission_set(ctx, req)
    ctx.put(edits.with_customer_policy(permission_set, read_reference(req[REFERENCE])))


@operation(on=editable_set)
def detach_customer_managed_policy_reference_from_permission_set(ctx: Context, req: Req) -> None:
    """Detach a customer managed policy; raises `NotFound` unless it is attached."""
    permission_set = lookup.permission_set(ctx, req)
    ctx.put(edits.without_customer_policy(permission_set, read_reference(req[REFERENCE])))


@operation(on=readable_set)
def list_customer_managed_policy_references_in_permission_set(ctx: Context, req: Req) -> Answer:
    """Return the customer managed policies of a permission set, in order of attachment."""
    found = lookup.permission_set(ctx, req).customer
    return {"CustomerManagedPolicyReferences": [show_reference(each) for each in found]}
