"""Operations on virtual MFA devices; a device is enabled by two consecutive codes."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from msgspec.structs import replace

from daypass.core import arn, quotas
from daypass.core.domain.iam import totp
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.user import User
from daypass.core.faults import AlreadyExists, InUse, NotFound, TooMany, WrongCode
from daypass.core.sessions.secrets import open_secret, seal_secret
from daypass.services.iam import lookup, qrcode, resources, tagging, views
from daypass.services.kit.context import Context
from daypass.services.kit.mfa import device_by_serial, spend_code
from daypass.services.kit.operation import SELF_AUTHORIZED, any_resource, operation
from daypass.services.kit.tags import tags_member

Req = Mapping[str, Any]
Answer = dict[str, Any]
SEED_MEMBERS = ("VirtualMFADevice.Base32StringSeed", "VirtualMFADevice.QRCodePNG")
"""Members that hold a device's seed: only CreateVirtualMFADevice answers them."""
SEED_BYTES = 40
"""Length of a seed, as AWS's: 64 characters of base32."""
NOT_CONSECUTIVE = "Authentication code for device is not valid."


@operation(on=resources.new_mfa_device, issues=SEED_MEMBERS)
def create_virtual_mfa_device(ctx: Context, req: Req) -> Answer:
    """Create a device; the answer alone has its seed, as text and as a QR code."""
    name = req["VirtualMFADeviceName"]
    if ctx.account.of(MFADevice).is_taken(name):
        raise AlreadyExists("MFA device already exists.")
    seed = base64.b32encode(ctx.entropy(SEED_BYTES)).decode("ascii")
    device = MFADevice(
        account=ctx.account.id,
        name=name,
        path=req.get("Path", "/"),
        seed=b"",
        tags=tagging.with_request_tags(ctx, "mfa", req),
    )
    sealed = seal_secret(seed, ctx.keyring, owner=device.arn, nonce=ctx.entropy(12))
    ctx.put(replace(device, seed=sealed))
    view: Answer = {
        "SerialNumber": device.arn,
        "Base32StringSeed": seed.encode("ascii"),
        "QRCodePNG": qrcode.png(_provisioning_uri(ctx, name, seed)),
    }
    return {"VirtualMFADevice": view | tags_member(device.tags)}


def _provisioning_uri(ctx: Context, name: str, seed: str) -> str:
    """Return the URI that authenticator apps read (Google Authenticator, "Key URI Format")."""
    label = quote(f"Daypass:{name}@{ctx.account.id}")
    return f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': 'Daypass'})}"


@operation(on=resources.user)
def enable_mfa_device(ctx: Context, req: Req) -> None:
    """Assign a device to a user, who proves to have it by two consecutive codes.

    Raises `AlreadyExists` for an enabled device, `TooMany`, and `WrongCode`.
    """
    user, device = lookup.user(ctx, req), lookup.mfa_device(ctx, req["SerialNumber"])
    if device.enabled:
        raise AlreadyExists("MFA Device is already in use.")
    owned = len(ctx.account.of(MFADevice).group(user.unique_id))
    if owned >= quotas.MFA_DEVICES_PER_USER_MAX:
        raise TooMany(
            f"Cannot exceed quota for MFADevicesPerUser: {quotas.MFA_DEVICES_PER_USER_MAX}"
        )
    drift = _verify_code_pair(ctx, device, req)
    ctx.put(replace(device, owner=user.unique_id, enabled=ctx.now, drift_steps=drift))


def _verify_code_pair(ctx: Context, device: MFADevice, req: Req) -> int:
    """Verify two consecutive codes, use both up, and return the device's drift in steps.

    Raises `WrongCode`. A step is 30 seconds.
    """
    seed = open_secret(device.seed, ctx.keyring, owner=device.arn)
    step = totp.matching_pair_step(
        seed, req["AuthenticationCode1"], req["AuthenticationCode2"], now=ctx.now
    )
    if step is None:
        raise WrongCode(NOT_CONSECUTIVE)
    spend_code(ctx, device, step - 1)
    spend_code(ctx, device, step)
    return step - ctx.now // totp.STEP_SECONDS


@operation(on=resources.user)
def resync_mfa_device(ctx: Context, req: Req) -> None:
    """Measure again how far a device's clock is off, by two consecutive codes."""
    device = _user_device(ctx, req)
    ctx.put(replace(device, drift_steps=_verify_code_pair(ctx, device, req)))


def _user_device(ctx: Context, req: Req) -> MFADevice:
    """Return the device that a request names; raises `NotFound` unless its user has it."""
    if "UserName" not in req and lookup.is_root_caller(ctx):
        owner = ctx.account.id
    else:
        owner = lookup.user(ctx, req).unique_id
    device = lookup.mfa_device(ctx, req["SerialNumber"])
    if device.owner != owner:
        raise NotFound(f"MFA Device {req['SerialNumber']} is not assigned to this user.")
    return device


@operation(on=resources.user_or_root)
def deactivate_mfa_device(ctx: Context, req: Req) -> None:
    """Take a device from its user; it may be enabled again."""
    ctx.put(replace(_user_device(ctx, req), owner="", enabled=0, drift_steps=0))


@operation(on=resources.mfa_device)
def delete_virtual_mfa_device(ctx: Context, req: Req) -> None:
    """Delete a device; raises `InUse` while it is enabled."""
    device = lookup.mfa_device(ctx, req["SerialNumber"])
    if device.enabled:
        raise InUse("Device must be disabled before it can be deleted.")
    ctx.remove(device)


@operation(on=resources.user_or_root)
def list_mfa_devices(ctx: Context, req: Req) -> Answer:
    """Return the devices of a user, or the caller's own."""
    if "UserName" not in req and lookup.is_root_caller(ctx):
        owner, name = ctx.account.id, "root"
    else:
        user = lookup.user(ctx, req)
        owner, name = user.unique_id, user.name
    devices = ctx.account.of(MFADevice).group(owner)
    return {
        "MFADevices": (
            {"UserName": name, "SerialNumber": each.arn, "EnableDate": each.enabled}
            for each in devices
        )
    }


@operation(on=any_resource, withholds=SEED_MEMBERS)
def list_virtual_mfa_devices(ctx: Context, req: Req) -> Answer:
    """Return the account's virtual devices, all or by whether they are assigned."""
    status = req.get("AssignmentStatus", "Any")
    devices = (
        each
        for each in ctx.account.of(MFADevice)
        if status == "Any" or (status == "Assigned") is bool(each.enabled)
    )
    return {"VirtualMFADevices": (views.virtual_device_summary(ctx, each) for each in devices)}


@operation(on=SELF_AUTHORIZED)  # the resource is the user that has the device
def get_mfa_device(ctx: Context, req: Req) -> Answer:
    """Return when a device was enabled, and for which user."""
    found = device_by_serial(ctx, req["SerialNumber"])
    device = found if found is not None and found.account == ctx.account.id else None
    user = ctx.account.by_id(User, device.owner) if device else None
    name = req.get("UserName")
    resource = user.arn if user else arn.iam(ctx.account.id, "user", "/", name or "*")
    ctx.authorize("iam:GetMFADevice", on=resource)
    if device is None or not device.enabled or (name and (user is None or user.name != name)):
        raise lookup.missing_device(req["SerialNumber"])
    answer: Answer = {"SerialNumber": device.arn, "EnableDate": device.enabled}
    return answer | ({"UserName": user.name} if user else {})


@operation(on=resources.mfa_device)
def tag_mfa_device(ctx: Context, req: Req) -> None:
    """Add tags to a device."""
    tagging.stage_tags(ctx, lookup.mfa_device(ctx, req["SerialNumber"]), req)


@operation(on=resources.mfa_device)
def untag_mfa_device(ctx: Context, req: Req) -> None:
    """Remove tags from a device."""
    tagging.stage_without_tags(ctx, lookup.mfa_device(ctx, req["SerialNumber"]), req)


@operation(on=resources.mfa_device)
def list_mfa_device_tags(ctx: Context, req: Req) -> Answer:
    """Return a device's tags."""
    return tagging.tags_answer(lookup.mfa_device(ctx, req["SerialNumber"]))
