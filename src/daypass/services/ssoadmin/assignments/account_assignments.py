"""Operations that create, delete and list assignments.

The work is done in the commit of the request; the answer says `IN_PROGRESS`, as AWS's does.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from itertools import takewhile
from operator import attrgetter
from typing import Any

from daypass.core.domain.identity_center.assignment import USER, Assignment, assignment_key
from daypass.core.domain.identity_center.assignment_request import (
    CREATION,
    DELETION,
    IN_PROGRESS,
    AssignmentRequest,
)
from daypass.core.domain.identity_center.permission_set import permission_set_arn
from daypass.core.faults import InvalidParameterValue
from daypass.core.identity_center import ids
from daypass.core.identity_center.permission_sets import provisioning
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, membership, resources
from daypass.services.ssoadmin.assignments.request_status import show_request
from daypass.services.ssoadmin.provisioning.account_roles import ProvisioningInput
from daypass.services.ssoadmin.provisioning.assigning import assigned, unassigned
from daypass.services.ssoadmin.provisioning.management_wall import (
    check_administers_owner,
    input_by_caller,
)
from daypass.services.ssoadmin.status_requests import expiry, stage_request
from daypass.state.changes import Put, Remove
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
_set_and_target = membership.administrators(
    resources.all_of(resources.permission_set, resources.account_in_parameter("TargetId"))
)


@operation(on=_set_and_target)
def create_account_assignment(ctx: Context, req: Req) -> Answer:
    """Give a person or a group a permission set in an account, with the role if it is missing."""
    permission_set = lookup.permission_set(ctx, req)
    answer = _request_change(
        ctx, req, CREATION, lambda work, each: assigned(work, permission_set, each)
    )
    return {"AccountAssignmentCreationStatus": answer}


@operation(on=_set_and_target)
def delete_account_assignment(ctx: Context, req: Req) -> Answer:
    """Take a permission set in an account from a person or a group; the last one takes the role."""
    lookup.permission_set(ctx, req)
    return {"AccountAssignmentDeletionStatus": _request_change(ctx, req, DELETION, unassigned)}


def _request_change(
    ctx: Context,
    req: Req,
    change: str,
    work_out: Callable[[ProvisioningInput, Assignment], list[Put | Remove]],
) -> Answer:
    """Stage a change of an assignment, or why it failed, with the request; return its status."""
    instance, permission_set = lookup.instance(ctx, req), lookup.permission_set(ctx, req)
    assignment = Assignment(
        account=instance.id,
        target=req["TargetId"],
        permission_set=permission_set.id,
        principal_type=req["PrincipalType"],
        principal=req["PrincipalId"],
        created=ctx.now,
    )
    failure = ""
    try:
        if assignment.target == instance.owner:
            check_administers_owner(ctx, instance)
        ctx.changes.records += work_out(input_by_caller(ctx, instance), assignment)
    except provisioning.FAILURES as fault:
        failure = provisioning.failure_reason(fault)
    request = AssignmentRequest(
        account=instance.id,
        id=ids.new_uuid(ctx.entropy(ids.UUID_BYTES)),
        change=change,
        target=assignment.target,
        permission_set=permission_set.id,
        principal_type=assignment.principal_type,
        principal=assignment.principal,
        created=ctx.now,
        expires=expiry(ctx),
        failure=failure,
    )
    stage_request(ctx, lookup.instance_view(ctx, req), request)
    answer = show_request(request) | {"Status": IN_PROGRESS}
    answer.pop("FailureReason", None)
    return answer


@operation(
    on=membership.readers(
        resources.all_of(resources.permission_set, resources.account_in_parameter("AccountId"))
    )
)
def list_account_assignments(ctx: Context, req: Req) -> Answer:
    """Return the assignments of a permission set in an account, those of deleted people too."""
    permission_set = lookup.permission_set(ctx, req)
    found = lookup.instance_view(ctx, req).of(Assignment)
    prefix = assignment_key(req["AccountId"], permission_set.id, "")
    listed = SortedList(
        after=lambda key: found.beginning_with(prefix, key),
        key=attrgetter("key"),
        show=_view,
    )
    return {"AccountAssignments": listed}


@operation(on=membership.readers(resources.instance))
def list_account_assignments_for_principal(ctx: Context, req: Req) -> Answer:
    """Return the assignments of a person or group; a person's are those of its groups as well."""
    view, instance = lookup.view_with_sets(ctx, req), lookup.instance(ctx, req)
    if not instance.organization:
        raise InvalidParameterValue(
            "The operation is not supported for account instances of IAM Identity Center."
        )
    principal_type, principals = req["PrincipalType"], [req["PrincipalId"]]
    if principal_type == USER:
        principals += ctx.directory.identity_store(instance.store).groups_of(req["PrincipalId"])
    table = view.of(Assignment)
    groups = [
        found
        for each in principals
        # The id of a group is nobody's, if a person is asked for.
        if (found := table.group(each))
        and (each != req["PrincipalId"] or found[0].principal_type == principal_type)
    ]
    prefix = f"{req['Filter']['AccountId']}/" if "AccountId" in req.get("Filter", {}) else ""

    def after(key: str) -> Iterator[Assignment]:
        start = max(key, prefix)
        rest: list[Iterable[Assignment]] = [
            each[bisect_right(each, start, key=attrgetter("key")) :] for each in groups
        ]
        in_order = merge(*rest, key=attrgetter("key"))
        return takewhile(lambda each: each.key.startswith(prefix), in_order)

    listed = SortedList(after=after, key=attrgetter("key"), show=_view)
    return {"AccountAssignments": listed}


def _view(assignment: Assignment) -> Answer:
    """Return an assignment as AWS's `AccountAssignment`."""
    return {
        "AccountId": assignment.target,
        "PermissionSetArn": permission_set_arn(assignment.account, assignment.permission_set),
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal,
    }
