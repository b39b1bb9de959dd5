"""The wall of the management account: who may assign is not thereby its administrator.

In every other account Identity Center works by its service-linked role. In the account that owns
the instance that role denies itself nine actions of IAM, and the work is done with the caller's own
permissions: each step that is really taken is one authorization of the caller. A delegated
administrator has no permissions there. An account instance's only target is its owner, where the
same holds: who may assign there would else be the account's administrator.

Source: the policy `AWSSSOServiceRolePolicy`; IAM Identity Center user guide, "Delegated
administration".
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.faults import Denied
from daypass.core.identity_center.provisioning import IamStep
from daypass.services.kit.authorization_question import AuthorizationQuestion
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.standing import Standing
from daypass.services.ssoadmin import lookup
from daypass.services.ssoadmin.membership import no_access
from daypass.services.ssoadmin.provisioning.account_roles import ProvisioningInput

Req = Mapping[str, Any]
NOT_ADMINISTRATOR = (
    "A delegated administrator cannot manage permission sets and assignments in the management"
    " account {account}"
)


def input_by_caller(ctx: Context, instance: Instance) -> ProvisioningInput:
    """Return the input of provisioning by the caller, who must pass the wall in the owner's account."""

    def permit(account: str, steps: list[IamStep]) -> None:
        if account != instance.owner:
            return
        check_administers_owner(ctx, instance)
        ctx.authorize_all(
            AuthorizationQuestion(
                action=step.action, resource=step.resource, account=account, keys=step.keys
            )
            for step in steps
        )

    return ProvisioningInput(ctx.directory, instance, ctx.now, ctx.entropy, permit)


def check_administers_owner(ctx: Context, instance: Instance) -> None:
    """Raise `Denied` unless the caller's account owns the instance.

    It is asked also where no step of IAM is left, as for a further assignment.
    """
    if ctx.caller.account != instance.owner:
        raise Denied(NOT_ADMINISTRATOR.format(account=instance.owner))


def set_outside_owner(ctx: Context, req: Req, instance: Instance, standing: Standing) -> None:
    """Raise `Denied` if a delegated administrator would edit a set provisioned in the owner's account.

    The edit would reach that account with the next provisioning by somebody who may.
    """
    if standing is not Standing.DELEGATED:
        return
    view = ctx.directory.instance(instance.id)
    arn = req.get("PermissionSetArn") or req.get("ResourceArn", "")
    found = lookup.find_permission_set(view, arn)
    if found is not None and view.provisioned_set(instance.owner, found.id) is not None:
        raise no_access(standing)
