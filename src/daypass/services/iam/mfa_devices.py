"""Virtual MFA devices: made, enabled by two codes in a row, used up code by code."""

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
from daypass.services.kit.mfa import device_of, spend
from daypass.services.kit.operation import THEMSELVES, everything, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]
SEED = ("VirtualMFADevice.Base32StringSeed", "VirtualMFADevice.QRCodePNG")
"""What holds a device's seed in the model's answers: it is shown once, when the device is made."""
SEED_BYTES = 40
"""As AWS's seeds: 64 characters of base32."""
NOT_CONSECUTIVE = "Authentication code for device is not valid."


@operation(on=resources.new_device, issues=SEED)
def create_virtual_mfa_device(ctx: Context, req: Req) -> Answer:
    """Make a device and show its seed this once, as text and as a QR code."""
    name = req["VirtualMFADeviceName"]
    if ctx.account.of(MFADevice).is_taken(name):
        raise AlreadyExists("MFADevice entity at the same path and name already exists.")
    seed = base64.b32encode(ctx.entropy(SEED_BYTES)).decode("ascii")
    device = MFADevice(
        account=ctx.account.id,
        name=name,
        path=req.get("Path", "/"),
        seed=b"",
        tags=tagging.with_passed_tags(ctx, "mfa", req),
    )
    sealed = seal_secret(seed, ctx.keyring, owner=device.arn, nonce=ctx.entropy(12))
    ctx.put(replace(device, seed=sealed))
    view = views.virtual_device(device, None)
    view["Base32StringSeed"] = seed.encode("ascii")
    view["QRCodePNG"] = qrcode.png(_provisioning(ctx, name, seed))
    return {"VirtualMFADevice": view}


def _provisioning(ctx: Context, name: str, seed: str) -> str:
    """Return the URI that authenticator apps read (Google Authenticator, "Key URI Format")."""
    label = quote(f"Daypass:{name}@{ctx.account.id}")
    return f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': 'Daypass'})}"


@operation(on=resources.user)
def enable_mfa_device(ctx: Context, req: Req) -> None:
    """Give a device to a user who shows two codes in a row."""
    user, device = lookup.user(ctx, req), lookup.device(ctx, req["SerialNumber"])
    if device.enabled:
        raise AlreadyExists("MFADevice entity at the same path and name already exists.")
    owned = sum(each.owner == user.unique_id for each in ctx.account.of(MFADevice))
    if owned >= quotas.MFA_DEVICES_PER_USER_MAX:
        raise TooMany(
            f"Cannot exceed quota for MFADevicesPerUser: {quotas.MFA_DEVICES_PER_USER_MAX}"
        )
    drift = _paired(ctx, device, req)
    ctx.put(replace(device, owner=user.unique_id, enabled=ctx.now, drift_steps=drift))


def _paired(ctx: Context, device: MFADevice, req: Req) -> int:
    """Return how many steps the device's clock is off; both codes are used up."""
    seed = open_secret(device.seed, ctx.keyring, owner=device.arn)
    step = totp.matching_pair_step(
        seed, req["AuthenticationCode1"], req["AuthenticationCode2"], now=ctx.now
    )
    if step is None:
        raise WrongCode(NOT_CONSECUTIVE)
    spend(ctx, device, step - 1)
    spend(ctx, device, step)
    return step - ctx.now // totp.STEP_SECONDS


@operation(on=resources.user)
def resync_mfa_device(ctx: Context, req: Req) -> None:
    """Learn anew how far a device's clock is off, from two codes in a row."""
    device = _of_user(ctx, req)
    ctx.put(replace(device, drift_steps=_paired(ctx, device, req)))


def _of_user(ctx: Context, req: Req) -> MFADevice:
    if "UserName" not in req and lookup.is_root(ctx):
        owner = ctx.account.id
    else:
        owner = lookup.user(ctx, req).unique_id
    device = lookup.device(ctx, req["SerialNumber"])
    if device.owner != owner:
        raise NotFound(f"MFA Device {req['SerialNumber']} is not assigned to this user.")
    return device


@operation(on=resources.own_keys)
def deactivate_mfa_device(ctx: Context, req: Req) -> None:
    """Take a device away from its user; it may be enabled again."""
    ctx.put(replace(_of_user(ctx, req), owner="", enabled=0, drift_steps=0))


@operation(on=resources.device)
def delete_virtual_mfa_device(ctx: Context, req: Req) -> None:
    """Forget a device that nobody uses."""
    device = lookup.device(ctx, req["SerialNumber"])
    if device.enabled:
        raise InUse("Device must be disabled before it can be deleted.")
    ctx.remove(device)


@operation(on=resources.own_keys)
def list_mfa_devices(ctx: Context, req: Req) -> Answer:
    """Show the devices of a user, or of the caller."""
    if "UserName" not in req and lookup.is_root(ctx):
        owner, name = ctx.account.id, "root"
    else:
        user = lookup.user(ctx, req)
        owner, name = user.unique_id, user.name
    devices = (each for each in ctx.account.of(MFADevice) if each.owner == owner)
    return {
        "MFADevices": (
            {"UserName": name, "SerialNumber": each.arn, "EnableDate": each.enabled}
            for each in devices
        )
    }


@operation(on=everything, withholds=SEED)
def list_virtual_mfa_devices(ctx: Context, req: Req) -> Answer:
    """Show the account's virtual devices, all of them or those that are assigned or not."""
    wanted = req.get("AssignmentStatus", "Any")
    devices = (
        each
        for each in ctx.account.of(MFADevice)
        if wanted == "Any" or (wanted == "Assigned") is bool(each.enabled)
    )
    return {
        "VirtualMFADevices": (
            views.virtual_device(each, ctx.account.by_id(User, each.owner)) for each in devices
        )
    }


@operation(on=THEMSELVES)  # whose device it is decides what the resource is
def get_mfa_device(ctx: Context, req: Req) -> Answer:
    """Show when a device was enabled, and for whom."""
    found = device_of(ctx, req["SerialNumber"])
    device = found if found is not None and found.account == ctx.account.id else None
    user = ctx.account.by_id(User, device.owner) if device else None
    name = req.get("UserName")
    resource = user.arn if user else arn.iam(ctx.account.id, "user", "/", name or "*")
    ctx.authorize("iam:GetMFADevice", on=resource)
    if device is None or not device.enabled or (name and (user is None or user.name != name)):
        raise NotFound(f"MFA Device {req['SerialNumber']} does not exist.")
    answer: Answer = {"SerialNumber": device.arn, "EnableDate": device.enabled}
    return answer | ({"UserName": user.name} if user else {})


@operation(on=resources.device)
def tag_mfa_device(ctx: Context, req: Req) -> None:
    """Put tags on a device."""
    tagging.tag(ctx, lookup.device(ctx, req["SerialNumber"]), req)


@operation(on=resources.device)
def untag_mfa_device(ctx: Context, req: Req) -> None:
    """Take tags off a device."""
    tagging.untag(ctx, lookup.device(ctx, req["SerialNumber"]), req)


@operation(on=resources.device)
def list_mfa_device_tags(ctx: Context, req: Req) -> Answer:
    """Show a device's tags."""
    return tagging.listed(lookup.device(ctx, req["SerialNumber"]))
