"""Verification of one-time codes of virtual MFA devices; each code is accepted once."""

from daypass.core.domain.iam import totp
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.user import User
from daypass.core.faults import Denied, Invalid, WrongCode
from daypass.core.sessions.secrets import open_secret
from daypass.services.kit.context import Context
from daypass.state.changes import Ticket

WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
SERIAL_AND_CODE_REQUIRED = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)


def verify_caller_mfa(ctx: Context, *, serial: str | None, code: str | None) -> bool:
    """Return whether a call was made with MFA: False without a serial number and a code.

    The device must be the caller's own. The code is used up when the call's changes are committed.
    Raises `Invalid` if only one of the two is given, `Denied` for a device that is not the
    caller's, and `WrongCode` for a wrong or used code.
    """
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise Invalid(SERIAL_AND_CODE_REQUIRED)
    device = device_by_serial(ctx, serial)
    if device is None or not device.enabled or device.owner != device_owner_id(ctx):
        raise Denied(
            "MultiFactorAuthentication failed, unable to validate MFA code. Please verify "
            "your MFA serial number is valid and associated with this user."
        )
    verify_code(ctx, device, code)
    return True


def device_by_serial(ctx: Context, serial: str) -> MFADevice | None:
    """Return the virtual device of a serial number, which is an ARN; None if none has it."""
    try:
        return ctx.directory.by_arn(MFADevice, serial)
    except Invalid:
        return None


def device_owner_id(ctx: Context) -> str | None:
    """Return the owner id of the caller's devices: a user's unique id, for root the account id.

    None for a role's session, which has no device.
    """
    record = ctx.caller.record
    if isinstance(record, User):
        return record.unique_id
    return ctx.caller.account if ctx.caller.is_root else None


def verify_code(ctx: Context, device: MFADevice, code: str) -> None:
    """Verify a device's code and stage that it is used up; raises `WrongCode`."""
    seed = open_secret(device.seed, ctx.keyring, owner=device.arn)
    step = totp.matching_step(seed, code, now=ctx.now, drift=device.drift_steps)
    if step is None:
        raise WrongCode(WRONG_CODE)
    spend_code(ctx, device, step)


def spend_code(ctx: Context, device: MFADevice, step: int) -> None:
    """Stage that the code of a time step is used up.

    The first commit with it wins; codes of this and of earlier steps are refused afterwards.
    """
    # The ticket never expires: setting a clock forwards and back would make the code valid again.
    ctx.take(Ticket("totp", device.arn, None, state=step), refused=WrongCode(WRONG_CODE))
