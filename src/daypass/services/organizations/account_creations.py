"""Operations that create accounts and report the status of such requests.

An account is created in the commit of the request; its status is recorded for those who poll it.
"""

from collections.abc import Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.organizations.account_creation import IN_PROGRESS, AccountCreation
from daypass.core.domain.organizations.member import CREATED
from daypass.core.domain.organizations.organization import Organization
from daypass.core.organizations import ids, membership_roles, names
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    InputReason,
    organizations_fault,
)
from daypass.core.sessions.keyids import unique_id
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import (
    lookup,
    new_tags,
    resources,
    root_emails,
    tree_nodes,
    views,
)
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=management_only(resources.with_tag_permission(resources.any_resource_with_keys)))
def create_account(ctx: Context, req: Req) -> Answer:
    """Create an account with a role that the management account can assume.

    The answer says `IN_PROGRESS`, as AWS's does, although the account exists from this commit on.
    """
    role = req.get("RoleName", membership_roles.ACCESS_ROLE)
    if not names.is_allowed_role_name(role):
        raise organizations_fault(
            InputReason.INVALID_ROLE_NAME,
            f"A role's name may not begin with {names.RESERVED_BEGINNINGS}.",
        )
    tags = new_tags.with_request_tags(ctx, "account", req)
    owner, created, failure = organization_record(ctx), "", _failure_reason(ctx, req["Email"])
    if not failure:
        account = _stage_account(ctx, req, role, management=owner.management)
        owner = membership_changes.add_member(ctx, owner, account, method=CREATED, tags=tags)
        created = account.account
    creation_record = _stage_creation_record(
        ctx, owner, req["AccountName"], created=created, failure=failure
    )
    answered = ("Id", "AccountName", "RequestedTimestamp")
    view = {
        name: value for name, value in views.creation(creation_record).items() if name in answered
    }
    return {"CreateAccountStatus": view | {"State": IN_PROGRESS}}


def _failure_reason(ctx: Context, email: str) -> str:
    """Return AWS's `FailureReason` if no account can be created; empty if it can."""
    if not names.is_email(email) or names.is_placeholder_email(email):
        return "INVALID_EMAIL"
    if root_emails.account_of_email(ctx, email):
        return "EMAIL_ALREADY_EXISTS"
    return "" if lookup.has_account_quota(ctx) else "ACCOUNT_LIMIT_EXCEEDED"


def _stage_account(ctx: Context, req: Req, role: str, *, management: str) -> Account:
    """Stage a new account's role and e-mail address; return its record, which is not staged."""
    identifier = ids.account(ctx.entropy(ids.ENTROPY_BYTES))
    while ctx.directory.account(identifier).record is not None:
        identifier = ids.account(ctx.entropy(ids.ENTROPY_BYTES))
    access_role = membership_roles.access_role(
        identifier,
        role,
        management=management,
        unique_id=unique_id("AROA", ctx.entropy(11)),
        now=ctx.now,
    )
    ctx.put(access_role)
    root_emails.stage_root_email(ctx, req["Email"], identifier)
    return Account(
        account=identifier,
        name=req["AccountName"],
        created=ctx.now,
        canonical_user=ctx.entropy(32).hex(),
        email=req["Email"],
        billing_access=req.get("IamUserAccessToBilling", "ALLOW"),
    )


def _stage_creation_record(
    ctx: Context, owner: Organization, name: str, *, created: str, failure: str
) -> AccountCreation:
    """Stage the record of a request's status; the oldest ones are deleted to make room."""
    records = sorted(caller_organization(ctx).of(AccountCreation), key=lambda each: each.serial)
    for oldest in records[: max(0, len(records) + 1 - quotas.ACCOUNT_CREATIONS_MAX)]:
        ctx.remove(oldest)
    serial, counted = tree_nodes.take_serial(owner)
    ctx.put(counted)
    creation_record = AccountCreation(
        account=counted.id,
        id=ids.creation(ctx.entropy(ids.ENTROPY_BYTES)),
        name=name,
        serial=serial,
        requested=ctx.now,
        completed=ctx.now,
        created=created,
        failure=failure,
    )
    ctx.put(creation_record)
    return creation_record


@operation(on=management_only(resources.with_tag_permission(resources.any_resource_with_keys)))
def create_gov_cloud_account(_ctx: Context, _req: Req) -> Answer:
    """Raise a refusal: no organization here is linked to AWS GovCloud (US).

    An authority is one partition.
    """
    raise organizations_fault(
        ConstraintReason.MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED,
        "The management account isn't enabled for AWS GovCloud (US).",
    )


@operation(on=organization_readers(any_resource))
def describe_create_account_status(ctx: Context, req: Req) -> Answer:
    """Return the status of a request to create an account."""
    found = caller_organization(ctx).of(AccountCreation).get(req["CreateAccountRequestId"])
    if found is None:
        raise organizations_fault(
            ErrorCode.CREATION_NOT_FOUND,
            "You specified a request to create an account that doesn't exist.",
        )
    return {"CreateAccountStatus": views.creation(found)}


@operation(on=organization_readers(any_resource))
def list_create_account_status(ctx: Context, req: Req) -> Answer:
    """Return the status of every request to create an account, in order of creation."""
    states = req.get("States")
    found = sorted(caller_organization(ctx).of(AccountCreation), key=lambda each: each.serial)
    pairs = [
        (each.serial, views.creation(each)) for each in found if not states or each.state in states
    ]
    return {"CreateAccountStatuses": KeyedList(pairs)}
