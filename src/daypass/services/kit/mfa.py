"""One-time codes of virtual MFA devices: verified, and used up."""

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
    """Say whether a call was made with MFA; raises `Denied` or `WrongCode` for a device or code that proves nothing.

    The device must be the caller's own. The code is used up when the call's changes are committed.
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
    """Return the virtual device with that serial number; None for a serial number that is no ARN, or that no device has."""
    try:
        return ctx.directory.by_arn(MFADevice, serial)
    except Invalid:
        return None


def device_owner_id(ctx: Context) -> str:
    """Return the id under which the caller's devices are registered: the user's, or the account's for root."""
    record = ctx.caller.record
    return record.unique_id if isinstance(record, User) else ctx.caller.account


def verify_code(ctx: Context, device: MFADevice, code: str) -> None:
    """Verify a code and stage its one use; raises `WrongCode`."""
    seed = open_secret(device.seed, ctx.keyring, owner=device.arn)
    step = totp.matching_step(seed, code, now=ctx.now, drift=device.drift_steps)
    if step is None:
        raise WrongCode(WRONG_CODE)
    spend_code(ctx, device, step)


def spend_code(ctx: Context, device: MFADevice, step: int) -> None:
    """Stage the one use of a step's code: whoever commits it first has it, and no earlier step is good after it."""
    # Without an end: whatever clock it ended by could be set forwards and back, and the code would
    # be good again.
    ctx.take(Ticket("totp", device.arn, None, state=step), refused=WrongCode(WRONG_CODE))
