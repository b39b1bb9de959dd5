"""The wall of the management account: who may assign is not thereby its administrator.

In every other account Identity Center works by its service-linked role. In the account that owns
the instance that role denies itself nine actions of IAM, and the work is done with the caller's own
permissions: each step that is really taken is one authorization of the caller. A delegated
administrator has no permissions there. An account instance's only target is its owner, where the
same holds: who may assign there would else be the account's administrator.

Source: the policy `AWSSSOServiceRolePolicy`; IAM Identity Center user guide, "Delegated
administration".
"""

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.faults import Denied
from daypass.core.identity_center.permission_sets.provisioning import IamStep
from daypass.services.kit.authorization_question import AuthorizationQuestion
from daypass.services.kit.context import Context
from daypass.services.ssoadmin.provisioning.account_roles import ProvisioningInput

NOT_ADMINISTRATOR = (
    "A delegated administrator cannot manage permission sets and assignments in the management"
    " account {account}"
)


def input_by_caller(ctx: Context, instance: Instance) -> ProvisioningInput:
    """Return the input of provisioning by the caller, who must pass the wall."""

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
