"""Operations on virtual MFA devices: answers, changes and refusals."""

import base64

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    NOW,
    OTHER,
    Snapshot,
    an_account,
    code,
    names,
    refused,
    role,
    unique_id,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam import totp
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.record import Tag
from daypass.core.faults import (
    AlreadyExists,
    Denied,
    InUse,
    NotFound,
    TooMany,
    Violation,
    WrongCode,
)
from daypass.core.sessions.secrets import open_secret
from daypass.services.iam import mfa_devices, qrcode

SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TAGS = (Tag("a", "b"),)
STEP = NOW // totp.STEP_SECONDS


@pytest.fixture
def known():
    return Snapshot()


@pytest.fixture
def alice(known):
    return known.put(user("alice"))


def pair(steps=0):
    """Return two consecutive codes as parameters; the second is `steps` steps from now."""
    return {"AuthenticationCode1": code(steps=steps - 1), "AuthenticationCode2": code(steps=steps)}


def taken(known):
    """Return the key and the step of every ticket that was taken."""
    return [(each.ticket.key, each.ticket.state) for each in known.tickets]


def devices(known):
    return list(known.account.of(MFADevice))


def test_a_new_device_shows_its_seed_and_keeps_it_sealed(known) -> None:
    made = known.call(
        mfa_devices.create_virtual_mfa_device,
        VirtualMFADeviceName="phone",
        Path="/team/",
        Tags=[{"Key": "a", "Value": "b"}],
    )["VirtualMFADevice"]

    (device,) = devices(known)
    seed = made["Base32StringSeed"].decode("ascii")
    assert made == {
        "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/team/phone",
        "Base32StringSeed": seed.encode(),
        "QRCodePNG": made["QRCodePNG"],
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert device == MFADevice(
        account=ACCOUNT, name="phone", path="/team/", seed=device.seed, tags=device.tags
    )
    assert device.arn == made["SerialNumber"]
    assert seed.encode() not in device.seed
    assert open_secret(device.seed, known.ring, owner=device.arn) == seed
    assert (len(seed), len(base64.b32decode(seed))) == (64, 40)


def test_the_picture_is_the_address_that_authenticators_read(known) -> None:
    made = known.call(mfa_devices.create_virtual_mfa_device, VirtualMFADeviceName="my+phone")[
        "VirtualMFADevice"
    ]

    seed = made["Base32StringSeed"].decode("ascii")
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert made["QRCodePNG"] == qrcode.png(
        f"otpauth://totp/Daypass%3Amy%2Bphone%40{ACCOUNT}?secret={seed}&issuer=Daypass"
    )


def test_two_devices_have_two_seeds(known) -> None:
    made = [
        known.call(mfa_devices.create_virtual_mfa_device, VirtualMFADeviceName=name)[
            "VirtualMFADevice"
        ]
        for name in ("a", "b")
    ]

    assert made[0]["Base32StringSeed"] != made[1]["Base32StringSeed"]


def test_a_devices_name_is_taken_whatever_its_case_and_path(known) -> None:
    phone = known.device("phone", path="/team/")

    with refused(AlreadyExists, "MFA device already exists."):
        known.call(mfa_devices.create_virtual_mfa_device, VirtualMFADeviceName="Phone")
    assert devices(known) == [phone]


def test_a_device_is_enabled_by_two_codes_in_a_row_which_are_used_up(known, alice) -> None:
    phone, other = known.device("phone"), known.device("spare")
    assert (
        known.call(mfa_devices.enable_mfa_device, UserName="alice", SerialNumber=SERIAL, **pair())
        == {}
    )

    assert devices(known) == [replace(phone, owner=alice.unique_id, enabled=NOW), other]
    assert taken(known) == [(SERIAL, STEP - 1), (SERIAL, STEP)]
    assert all(each.ticket.expires is None for each in known.tickets)
    assert {type(each.refused) for each in known.tickets} == {WrongCode}


@pytest.mark.parametrize(("steps", "drift"), [(-9, -9), (-3, -3), (0, 0), (1, 1), (5, 5), (11, 11)])
def test_how_far_a_devices_clock_is_off_is_learnt_when_it_is_enabled(
    known, alice, steps, drift
) -> None:
    known.device("phone")
    known.call(mfa_devices.enable_mfa_device, UserName="alice", SerialNumber=SERIAL, **pair(steps))

    assert devices(known)[0].drift_steps == drift
    assert taken(known) == [(SERIAL, STEP + steps - 1), (SERIAL, STEP + steps)]


NOT_IN_A_ROW = [
    (code(), code()),
    (code(), code(steps=-1)),
    (code(), code(steps=2)),
    (code(steps=-12), code(steps=-11)),
    (code(steps=11), code(steps=12)),
    ("000000", code()),
    (code(steps=-1), "000000"),
]


@pytest.mark.parametrize(("first", "second"), NOT_IN_A_ROW)
def test_codes_that_are_not_two_in_a_row_enable_and_resynchronize_nothing(
    known, alice, first, second
) -> None:
    known.device("phone")
    known.device("watch", owner=alice)
    before = known.directory

    for operation, name in (
        (mfa_devices.enable_mfa_device, "phone"),
        (mfa_devices.resync_mfa_device, "watch"),
    ):
        serial = SERIAL.replace("phone", name)
        with refused(WrongCode, "Authentication code for device is not valid."):
            known.call(
                operation,
                UserName="alice",
                SerialNumber=serial,
                AuthenticationCode1=first,
                AuthenticationCode2=second,
            )
    assert known.directory is before
    assert known.tickets == []


def test_a_device_that_is_enabled_is_given_to_nobody_else(known, alice) -> None:
    phone = known.device("phone", owner=alice)
    known.put(user("bob"))

    for name in ("alice", "bob"):
        with refused(AlreadyExists, "MFA Device is already in use."):
            known.call(mfa_devices.enable_mfa_device, UserName=name, SerialNumber=SERIAL, **pair())
    assert devices(known) == [phone]
    assert known.tickets == []


def test_a_user_has_so_many_devices(known, alice, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "MFA_DEVICES_PER_USER_MAX", 1)
    known.device("watch", owner=known.put(user("bob")))
    known.device("phone")
    known.call(mfa_devices.enable_mfa_device, UserName="alice", SerialNumber=SERIAL, **pair())
    known.device("spare")

    with refused(TooMany, "Cannot exceed quota for MFADevicesPerUser: 1"):
        known.call(
            mfa_devices.enable_mfa_device,
            UserName="alice",
            SerialNumber=SERIAL.replace("phone", "spare"),
            **pair(),
        )
    assert taken(known) == [(SERIAL, STEP - 1), (SERIAL, STEP)]


def test_a_clock_that_went_wrong_is_learnt_anew(known, alice) -> None:
    phone = known.device("phone", owner=alice, drift_steps=2)
    assert (
        known.call(mfa_devices.resync_mfa_device, UserName="alice", SerialNumber=SERIAL, **pair(-7))
        == {}
    )

    assert devices(known) == [replace(phone, drift_steps=-7)]
    assert taken(known) == [(SERIAL, STEP - 8), (SERIAL, STEP - 7)]


def test_a_device_that_is_taken_away_is_whole_for_the_next_user(known, alice) -> None:
    phone, watch = (
        known.device("phone", owner=alice, drift_steps=2),
        known.device("watch", owner=alice),
    )
    assert (
        known.call(mfa_devices.deactivate_mfa_device, UserName="alice", SerialNumber=SERIAL) == {}
    )

    assert devices(known) == [replace(phone, owner="", enabled=0, drift_steps=0), watch]
    known.put(user("bob"))
    known.call(mfa_devices.enable_mfa_device, UserName="bob", SerialNumber=SERIAL, **pair(1))
    assert devices(known)[0].owner == unique_id("AIDA", "bob")


@pytest.mark.parametrize(
    ("operation", "more"),
    [(mfa_devices.resync_mfa_device, pair()), (mfa_devices.deactivate_mfa_device, {})],
)
@pytest.mark.parametrize("owner", ["bob", None])
def test_a_device_that_is_not_the_users_is_not_assigned_to_it(
    known, alice, operation, more, owner
) -> None:
    phone = known.device("phone", owner=known.put(user(owner)) if owner else None)

    with refused(NotFound, f"MFA Device {SERIAL} is not assigned to this user."):
        known.call(operation, UserName="alice", SerialNumber=SERIAL, **more)
    assert devices(known) == [phone]
    assert known.tickets == []


def test_a_user_and_root_take_away_their_own_without_a_name(known, alice) -> None:
    known.device("phone", owner=alice)
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=1))
    safe = SERIAL.replace("phone", "safe")

    for caller, serial in ((known.caller(alice), safe), (None, SERIAL)):
        with pytest.raises(NotFound, match="is not assigned to this user"):
            known.call(mfa_devices.deactivate_mfa_device, caller, SerialNumber=serial)
    known.call(mfa_devices.deactivate_mfa_device, known.caller(alice), SerialNumber=SERIAL)
    known.call(mfa_devices.deactivate_mfa_device, SerialNumber=safe)
    assert [(each.owner, each.enabled) for each in devices(known)] == [("", 0), ("", 0)]


def test_a_device_is_forgotten_once_nobody_uses_it(known, alice) -> None:
    phone, watch = known.device("phone", owner=alice), known.device("watch")

    with refused(InUse, "Device must be disabled before it can be deleted."):
        known.call(mfa_devices.delete_virtual_mfa_device, SerialNumber=SERIAL)
    assert devices(known) == [phone, watch]
    known.call(mfa_devices.deactivate_mfa_device, UserName="alice", SerialNumber=SERIAL)
    assert known.call(mfa_devices.delete_virtual_mfa_device, SerialNumber=SERIAL) == {}
    assert devices(known) == [watch]


def test_the_devices_of_a_user_are_its_enabled_ones(known, alice) -> None:
    known.device("watch", owner=alice)
    known.device("phone", owner=alice)
    known.device("spare")
    known.device("bobs", owner=known.put(user("bob")))
    own = [
        {"UserName": "alice", "SerialNumber": SERIAL, "EnableDate": 1},
        {"UserName": "alice", "SerialNumber": SERIAL.replace("phone", "watch"), "EnableDate": 1},
    ]

    assert known.call(mfa_devices.list_mfa_devices, UserName="alice")["MFADevices"] == own
    assert known.call(mfa_devices.list_mfa_devices, known.caller(alice))["MFADevices"] == own
    assert known.call(mfa_devices.list_mfa_devices)["MFADevices"] == []


def test_roots_devices_are_listed_for_root_alone(known) -> None:
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=7))

    assert known.call(mfa_devices.list_mfa_devices)["MFADevices"] == [
        {"UserName": "root", "SerialNumber": SERIAL.replace("phone", "safe"), "EnableDate": 7}
    ]


@pytest.mark.parametrize(
    "operation", [mfa_devices.list_mfa_devices, mfa_devices.deactivate_mfa_device]
)
def test_a_session_of_a_role_has_to_name_the_user(known, operation) -> None:
    more = {"SerialNumber": SERIAL} if operation is mfa_devices.deactivate_mfa_device else {}

    with refused(Violation, "Must specify userName when calling with non-User credentials"):
        known.call(operation, known.caller(known.put(role("worker"))), **more)


@pytest.mark.parametrize(
    ("more", "listed"),
    [
        ({}, ["phone", "safe", "spare"]),
        ({"AssignmentStatus": "Any"}, ["phone", "safe", "spare"]),
        ({"AssignmentStatus": "Assigned"}, ["phone", "safe"]),
        ({"AssignmentStatus": "Unassigned"}, ["spare"]),
    ],
)
def test_an_accounts_devices_are_listed_as_they_are_assigned(known, alice, more, listed) -> None:
    known.device("phone", owner=alice)
    known.device("spare")
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=1))

    found = known.call(mfa_devices.list_virtual_mfa_devices, **more)["VirtualMFADevices"]
    assert [each["SerialNumber"].rpartition("/")[2] for each in found] == listed


def test_an_accounts_device_is_listed_with_its_user_and_without_its_seed_and_tags(
    known, alice
) -> None:
    known.put(replace(alice, boundary=READ_ONLY, tags=TAGS))
    known.device("phone", owner=alice, path="/team/", tags=TAGS)
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=7))
    known.device("spare")

    assert known.call(mfa_devices.list_virtual_mfa_devices)["VirtualMFADevices"] == [
        {
            "SerialNumber": SERIAL.replace("phone", "team/phone"),
            "EnableDate": 1,
            "User": {
                "Path": "/",
                "UserName": "alice",
                "UserId": alice.unique_id,
                "Arn": alice.arn,
                "CreateDate": 1,
            },
        },
        {
            "SerialNumber": SERIAL.replace("phone", "safe"),
            "EnableDate": 7,
            "User": {
                "UserId": ACCOUNT,
                "Arn": f"arn:aws:iam::{ACCOUNT}:root",
                "CreateDate": 1,
            },
        },
        {"SerialNumber": SERIAL.replace("phone", "spare")},
    ]


def test_a_device_tells_when_it_was_enabled_and_for_whom(known, alice) -> None:
    known.device("phone", owner=alice)
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=7))
    told = {"SerialNumber": SERIAL, "EnableDate": 1, "UserName": "alice"}
    safe = SERIAL.replace("phone", "safe")

    assert known.call(mfa_devices.get_mfa_device, SerialNumber=SERIAL) == told
    assert known.call(mfa_devices.get_mfa_device, SerialNumber=SERIAL, UserName="alice") == told
    assert known.call(mfa_devices.get_mfa_device, SerialNumber=safe) == {
        "SerialNumber": safe,
        "EnableDate": 7,
    }


@pytest.mark.parametrize(
    ("serial", "more"),
    [
        ("spare", {}),
        ("missing", {}),
        ("Phone", {}),
        ("phone", {"UserName": "bob"}),
        ("phone", {"UserName": "Alice"}),
        ("safe", {"UserName": "root"}),
    ],
)
def test_a_device_that_is_not_the_named_users_does_not_exist(known, alice, serial, more) -> None:
    known.put(user("bob"))
    known.device("phone", owner=alice)
    known.device("spare")
    known.put(replace(known.device("safe"), owner=ACCOUNT, enabled=7))
    named = SERIAL.replace("phone", serial)

    with refused(NotFound, f"MFA Device with serial number {named} does not exist."):
        known.call(mfa_devices.get_mfa_device, SerialNumber=named, **more)


def test_whoever_may_not_ask_learns_nothing_of_a_device(known, alice) -> None:
    known.device("phone", owner=alice)
    bob = known.caller(known.put(user("bob")))

    def resource(**more):
        with pytest.raises(Denied) as denied:
            known.call(mfa_devices.get_mfa_device, bob, **more)
        return denied.value.message.partition(" resource: ")[2].partition(" ")[0]

    assert resource(SerialNumber=SERIAL) == alice.arn
    assert resource(SerialNumber=SERIAL, UserName="bob") == alice.arn
    assert resource(SerialNumber="no-such-device") == f"arn:aws:iam::{ACCOUNT}:user/*"
    assert (
        resource(SerialNumber="no-such-device", UserName="eve")
        == f"arn:aws:iam::{ACCOUNT}:user/eve"
    )


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (mfa_devices.enable_mfa_device, {"UserName": "alice", **pair()}),
        (mfa_devices.resync_mfa_device, {"UserName": "alice", **pair()}),
        (mfa_devices.deactivate_mfa_device, {"UserName": "alice"}),
        (mfa_devices.delete_virtual_mfa_device, {}),
        (mfa_devices.tag_mfa_device, {"Tags": []}),
        (mfa_devices.untag_mfa_device, {"TagKeys": []}),
        (mfa_devices.list_mfa_device_tags, {}),
    ],
)
@pytest.mark.parametrize(
    "serial", [SERIAL.replace("phone", "missing"), SERIAL.replace(ACCOUNT, OTHER), "GAHT12345678"]
)
def test_a_device_is_found_by_its_serial_number_in_its_own_account(
    known, alice, operation, more, serial
) -> None:
    phone = known.device("phone")
    known.put(an_account(OTHER), replace(phone, account=OTHER))
    before = known.directory

    with refused(NotFound, f"MFA Device with serial number {serial} does not exist."):
        known.call(operation, SerialNumber=serial, **more)
    assert known.directory is before


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (mfa_devices.enable_mfa_device, pair()),
        (mfa_devices.resync_mfa_device, pair()),
        (mfa_devices.deactivate_mfa_device, {}),
    ],
)
def test_the_user_of_a_device_has_to_be_there(known, alice, operation, more) -> None:
    known.device("phone", owner=alice)

    with refused(NotFound, "The user with name Alice cannot be found."):
        known.call(operation, UserName="Alice", SerialNumber=SERIAL, **more)


def test_a_devices_tags_are_put_replaced_and_taken_off(known) -> None:
    phone, watch = known.device("phone"), known.device("watch")
    known.call(
        mfa_devices.tag_mfa_device,
        SerialNumber=SERIAL,
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}],
    )
    known.call(
        mfa_devices.tag_mfa_device, SerialNumber=SERIAL, Tags=[{"Key": "team", "Value": "b"}]
    )
    known.call(mfa_devices.untag_mfa_device, SerialNumber=SERIAL, TagKeys=["cost", "missing"])

    assert known.call(mfa_devices.list_mfa_device_tags, SerialNumber=SERIAL)["Tags"] == [
        {"Key": "team", "Value": "b"}
    ]
    assert [replace(each, tags=()) for each in devices(known)] == [phone, watch]
    assert names(each for each in devices(known) if each.tags) == ["phone"]
