"""Every operation that need not name a user, asked by root, by a user and by a role's session."""

import pytest
from msgspec.structs import replace
from tests.services.support import ACCOUNT, Snapshot, access_key, refused, role, user

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.faults import Violation
from daypass.services.iam import access_keys, mfa_devices, users
from daypass.services.iam.service import SERVICE
from daypass.wire.catalog import load_catalog

ROOT_KEY = AccessKey(
    account=ACCOUNT, id="AKIAROOTROOTROOTROOT", owner=ACCOUNT, secret=b"", created=1
)
ROOT_DEVICE = MFADevice(account=ACCOUNT, name="safe", seed=b"", owner=ACCOUNT, enabled=7)
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
IMPLICIT = {
    "CreateAccessKey": (access_keys.create_access_key, {}),
    "DeactivateMFADevice": (
        mfa_devices.deactivate_mfa_device,
        {"SerialNumber": ROOT_DEVICE.arn},
    ),
    "DeleteAccessKey": (access_keys.delete_access_key, {"AccessKeyId": ROOT_KEY.id}),
    "GetUser": (users.get_user, {}),
    "ListAccessKeys": (access_keys.list_access_keys, {}),
    "ListMFADevices": (mfa_devices.list_mfa_devices, {}),
    "UpdateAccessKey": (
        access_keys.update_access_key,
        {"AccessKeyId": ROOT_KEY.id, "Status": "Inactive"},
    ),
}
"""The operations on the caller, with their other parameters. GetMFADevice is on a device."""


@pytest.fixture
def known():
    return Snapshot(ROOT_KEY, ROOT_DEVICE)


def test_every_operation_whose_user_need_not_be_named_is_here() -> None:
    model = load_catalog([SERVICE]).services["iam"]
    optional = {
        name
        for name, operation in model.operations.items()
        if operation.input_shape
        and "UserName" in {each.name for each in model.model.shape(operation.input_shape).members}
        and "UserName" not in model.model.shape(operation.input_shape).required
    }

    assert optional & set(SERVICE.built_operations(model)) == {*IMPLICIT, "GetMFADevice"}


@pytest.mark.parametrize("name", sorted(IMPLICIT))
def test_root_asks_about_itself_without_a_name(known, name) -> None:
    operation, more = IMPLICIT[name]
    located = operation.__daypass_operation__.on(known.context(), more)
    known.call(operation, **more)

    assert located.arn == ROOT


def test_root_is_shown_by_id_and_arn_alone(known) -> None:
    shown = {"UserId": ACCOUNT, "Arn": ROOT, "CreateDate": 1}

    assert known.call(users.get_user)["User"] == shown
    (device,) = known.call(mfa_devices.list_virtual_mfa_devices)["VirtualMFADevices"]
    assert device == {"SerialNumber": ROOT_DEVICE.arn, "EnableDate": 7, "User": shown}
    assert known.call(mfa_devices.get_mfa_device, SerialNumber=ROOT_DEVICE.arn) == {
        "SerialNumber": ROOT_DEVICE.arn,
        "EnableDate": 7,
    }


@pytest.mark.parametrize("name", sorted(IMPLICIT))
def test_a_user_asks_about_itself_without_a_name_and_a_role_may_not(known, name) -> None:
    alice = known.put(user("alice"))
    known.put(
        replace(access_key(alice), id="AKIAALICEALICEALICE0"),
        replace(ROOT_DEVICE, name="phone", owner=alice.unique_id),
    )
    operation, more = IMPLICIT[name]
    own = {"AccessKeyId": "AKIAALICEALICEALICE0", "SerialNumber": f"{ROOT[:-4]}mfa/phone"}
    more = {key: own.get(key, value) for key, value in more.items()}
    located = operation.__daypass_operation__.on(known.context(known.caller(alice)), more)

    assert located.arn == alice.arn
    with refused(Violation, "Must specify userName when calling with non-User credentials"):
        known.call(operation, known.caller(known.put(role("worker"))), **more)
    known.call(operation, known.caller(alice), **more)
