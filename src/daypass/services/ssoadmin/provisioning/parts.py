"""The parts of a request to provision a permission set in many accounts: one commit each.

The call does the first part, with the account that owns the instance, where its caller must be
allowed. A job does the others (`server.jobs.permission_set_provisioning`), which need no caller.
"""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.provisioning_request import OPEN, ProvisioningRequest
from daypass.core.domain.record import Record
from daypass.core.identity_center.permission_sets import provisioning
from daypass.core.slices import Steps
from daypass.services.ssoadmin.provisioning.account_roles import (
    ProvisioningInput,
    provisioned_records,
)

Progress = tuple[list[Record], ProvisioningRequest]
"""The records of accounts that a part has provisioned, and the request as it is after the part."""


def first_part(work: ProvisioningInput, request: ProvisioningRequest) -> Steps[Progress]:
    """Do the part of a new request that needs its caller, in steps of an account.

    It is the account that owns the instance, if that has the set, then as many others as one
    commit has.
    """
    permission_set = _pending(request)
    records: list[Record] = []
    accounts = quotas.PROVISIONED_PER_COMMIT_MAX
    if work.view.provisioned_set(work.instance.owner, permission_set.id) is not None:
        found, request = _provision(work, permission_set, work.instance.owner, request)
        records += found
        accounts -= 1
    others, request = yield from next_part(work, request, accounts)
    return [*records, *others], request


def next_part(
    work: ProvisioningInput,
    request: ProvisioningRequest,
    accounts_max: int = quotas.PROVISIONED_PER_COMMIT_MAX,
) -> Steps[Progress]:
    """Do the next accounts of a request, in steps of an account.

    An account that fails stays as it was and is named in the request. One that has a newer version
    of the set by now is left alone.
    """
    permission_set, records = _pending(request), list[Record]()
    left = accounts_left(work, request)
    for account in left[:accounts_max]:
        known = work.view.provisioned_set(account, permission_set.id)
        if known is not None and known.version <= permission_set.version:
            found, request = _provision(work, permission_set, account, request)
            records += found
        request = replace(request, done=account)
        yield
    if len(left) > accounts_max:
        # However long it takes, it does not expire before its last part.
        return records, replace(request, phase=OPEN, expires=0)
    expires = request.expires or work.now + quotas.STATUS_REQUEST_SECONDS
    return records, replace(request, pending=None, phase="", expires=expires)


def accounts_left(work: ProvisioningInput, request: ProvisioningRequest) -> Sequence[str]:
    """Return the accounts of a request that no part has handled, in order.

    The account that owns the instance is not among them: it is done with the call.
    """
    found = work.view.provisionings_of(request.permission_set)
    start = bisect_right(found, request.done, key=lambda each: each.target)
    return [each.target for each in found[start:] if each.target != work.instance.owner]


def _provision(
    work: ProvisioningInput,
    permission_set: PermissionSet,
    account: str,
    request: ProvisioningRequest,
) -> Progress:
    """Do one account; the request names the account if it failed."""
    try:
        return provisioned_records(work, permission_set, account), request
    except provisioning.FAILURES as fault:
        reason = provisioning.failure_reason(fault)
        if not request.target:
            reason = provisioning.failures_text(request.failure, account, reason)
        return [], replace(request, failure=reason)


def provision_target(work: ProvisioningInput, request: ProvisioningRequest) -> Progress:
    """Do a request for one account, which ends it; an account without the set is a success."""
    permission_set, records = _pending(request), list[Record]()
    if work.view.provisioned_set(request.target, permission_set.id) is not None:
        records, request = _provision(work, permission_set, request.target, request)
    return records, replace(request, pending=None)


def _pending(request: ProvisioningRequest) -> PermissionSet:
    """Return the permission set that a request provisions in the accounts that are left."""
    assert request.pending is not None  # noqa: S101 - the request has not ended
    return request.pending
