"""Records that a request names, found in an instance that `membership` has admitted the caller to.

A permission set of another instance is refused like one that does not exist.
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.partition import INSTANCE
from daypass.core.faults import InvalidParameterValue, NotFound
from daypass.services.kit.context import Context
from daypass.state.snapshot.instance_view import InstanceView

Req = Mapping[str, Any]
_INSTANCE_ARN = "arn:aws:sso:::instance/"


def instance_arn_in(arn: str) -> str:
    """Return the ARN of the instance that an ARN is of, or names; the model checked its form."""
    return f"{_INSTANCE_ARN}{arn.split('/')[1]}" if arn.startswith("arn:aws:") else arn


def find_instance(ctx: Context, arn: str) -> Instance | None:
    """Return the instance of an ARN, of whichever account; None if there is none."""
    identifier = arn.removeprefix(_INSTANCE_ARN)
    if not identifier.startswith(INSTANCE.prefix):
        return None
    return ctx.directory.instance(identifier).record


def instance_view(ctx: Context, req: Req) -> InstanceView:
    """Return the view of the instance in `InstanceArn`, which the caller was admitted to."""
    return ctx.directory.instance(req["InstanceArn"].removeprefix(_INSTANCE_ARN))


def instance(ctx: Context, req: Req) -> Instance:
    """Return the record of the instance in `InstanceArn`, which the caller was admitted to."""
    found = instance_view(ctx, req).record
    assert found is not None  # noqa: S101 - the locator refuses every other one
    return found


def view_with_sets(ctx: Context, req: Req) -> InstanceView:
    """Return the view of the instance in `InstanceArn`; raises a fault without permission sets.

    An account instance has none before they are enabled.
    """
    if not instance(ctx, req).has_permission_sets:
        raise InvalidParameterValue(
            "The operation is not supported for this Identity Center instance."
        )
    return instance_view(ctx, req)


def find_permission_set(view: InstanceView, arn: str) -> PermissionSet | None:
    """Return the permission set of an ARN in an instance; None if it is not one of the instance."""
    found = view.of(PermissionSet).get(arn.rpartition("/")[2])
    return found if found is not None and found.arn == arn else None


def permission_set(ctx: Context, req: Req) -> PermissionSet:
    """Return the permission set in `PermissionSetArn`; raises `NotFound`.

    It is refused too if it is of another instance than that in `InstanceArn`.
    """
    found = find_permission_set(view_with_sets(ctx, req), req["PermissionSetArn"])
    if found is None:
        raise NotFound(f"PermissionSet with id {req['PermissionSetArn']} does not exist.")
    return found
