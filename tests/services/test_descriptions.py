"""The declaration of a service: a start fails if the model contradicts it."""

import ast
import contextlib
import json
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from tests.server.authority.at_once import at_once
from tests.server.read_world import DEVICE, World
from tests.services import operations

import daypass
from daypass.core import faults
from daypass.server import app
from daypass.server.authority.error_codes import ErrorCodes
from daypass.services.kit.operation import operation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.state.snapshot.directory import Directory
from daypass.wire.catalog import load_catalog
from daypass.wire.message import HttpRequest

SRC = Path(daypass.__file__).parent
CATALOG = load_catalog(SERVICES)
ONE_TIME_CODES = {"TokenCode", "AuthenticationCode1", "AuthenticationCode2"}


def module(**handlers):
    """Return a module with functions declared as operations."""
    made = ModuleType("made")
    for name, marked in handlers.items():

        def handler(_ctx, _req):
            return {}

        handler.__module__, handler.__name__ = "made", name
        setattr(made, name, marked(handler))
    return made


def example(**more):
    """Return a service with one operation that no server serves."""
    parts = {
        "name": "ssoadmin",
        "model": "sso-admin",
        "action_prefix": "sso",
        "modules": (module(list_instances=operation(on=everything)),),
    }
    return Service(**(parts | more))


def everything(_ctx, _req):
    """Locate nothing: no handler of these tests runs."""


def put_together(service):
    catalog = load_catalog([service])
    return app.operations_by_service(catalog, [service]), ErrorCodes(catalog, [service])


def test_every_service_has_a_name_of_its_own() -> None:
    assert len({each.name for each in SERVICES}) == len(SERVICES)
    with pytest.raises(LookupError, match="two services are called ssoadmin"):
        load_catalog([example(), example(model="sso")])


def test_a_service_is_served_once_it_is_on_the_list() -> None:
    codes = {faults.NoCredentials: "AccessDeniedException"}
    known = [each for each in SERVICES if each.name != "ssoadmin"]
    authority = app.assemble_authority(
        committer=SimpleNamespace(directory=Directory()),
        keyring=lambda: None,
        usage=None,
        recorder=SimpleNamespace(add_commits=None),
        guesses=SimpleNamespace(take_back=None),
        services=[*known, example(codes=codes)],
    )
    target = (b"x-amz-target", b"SWBExternalService.ListInstances")
    done = at_once(
        authority.answerer.run_once(
            authority.api.make_call(HttpRequest("POST", b"/", b"", (target,), b"{}"))
        )
    )

    assert done.event.service == "ssoadmin"
    assert json.loads(done.response.body)["__type"] == "AccessDeniedException"


def test_a_service_without_codes_of_its_own_refuses_in_the_words_of_its_protocol() -> None:
    service = example()
    _, error_codes = put_together(service)
    model = load_catalog([service]).services["ssoadmin"]

    assert (
        error_codes.code(faults.NoCredentials("No."), model)
        == "MissingAuthenticationTokenException"
    )
    assert error_codes.code(faults.InUse("No."), model) == "InternalFailure"
    assert error_codes.internal_failure(model) == "InternalFailure"


def test_a_request_that_names_no_service_is_refused_in_the_words_of_the_query_protocol() -> None:
    error_codes = ErrorCodes(CATALOG, SERVICES)

    assert error_codes.code(faults.NoCredentials("No."), None) == "MissingAuthenticationToken"
    assert error_codes.code(faults.Denied("No."), None) == "AccessDenied"
    assert (
        error_codes.code(faults.InUse("No."), None)
        == error_codes.internal_failure(None)
        == "InternalFailure"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"codes": {faults.Invalid: "NoSuchException"}}, "ssoadmin knows no error NoSuchException"),
        # The query protocol's code for it, and no JSON service's.
        ({"codes": {faults.Denied: "AccessDenied"}}, "ssoadmin knows no error AccessDenied"),
        ({"named_errors": frozenset({"OtherException"})}, "ssoadmin knows no error OtherException"),
        ({"reasons": {"WhyException": ["NEVER"]}}, "ssoadmin knows no error WhyException"),
        (
            {"reasons": {"ValidationException": ["NEVER"]}},
            "ssoadmin knows no reason NEVER of ValidationException",
        ),
        (
            {"one_time_codes": frozenset({"Code"})},
            "no operation of ssoadmin takes the one-time code Code",
        ),
        (
            {"modules": (module(list_instances=operation(on=everything, credential="token")),)},
            "ssoadmin:ListInstances takes no token",
        ),
        (
            {"modules": (module(list_moons=operation(on=everything)),)},
            "made.list_moons names no operation",
        ),
        (
            {"modules": (module(list_instances=operation(on=everything)),) * 2},
            "made.list_instances is defined twice",
        ),
    ],
)
def test_what_the_model_of_a_service_contradicts_does_not_start(wrong, words) -> None:
    with pytest.raises(LookupError, match=f"^{re.escape(words)}$"):
        put_together(example(**wrong))


def test_every_operation_that_takes_a_one_time_code_is_known_to_take_it() -> None:
    taken = {
        (service.name, name, member.name)
        for service in CATALOG.services.values()
        for name, known in service.operations.items()
        if known.input_shape
        for member in service.model.shape(known.input_shape).members
        if member.name in ONE_TIME_CODES
    }
    built = app.operations_by_service(CATALOG)

    assert taken == {
        (service, name, code)
        for service, known in built.items()
        for name, each in known.items()
        for code in each.codes
    }
    assert {name for _, name, _ in taken} == {
        "AssumeRole",
        "EnableMFADevice",
        "GetSessionToken",
        "ResyncMFADevice",
    }


def sensitive(**declared):
    """Return the declaration of an operation whose answer has credentials, with its service."""
    made = module(get_role_credentials=operation(on=everything, scheme="bearer", **declared))
    return {"name": "sso", "model": "sso", "modules": (made,)}


SECRETS = ("RoleCredentials.secretAccessKey", "RoleCredentials.sessionToken")


@pytest.mark.parametrize(
    ("declared", "personal", "words"),
    [
        (
            {},
            (),
            (
                "sso:GetRoleCredentials does not say what its sensitive"
                " RoleCredentials.secretAccessKey is"
            ),
        ),
        (
            {"issues": SECRETS[:1]},
            (),
            (
                "sso:GetRoleCredentials does not say what its sensitive"
                " RoleCredentials.sessionToken is"
            ),
        ),
        (
            {"issues": SECRETS[:1], "withholds": ["RoleCredentials.token"]},
            SECRETS[1:],
            "sso:GetRoleCredentials answers no RoleCredentials.token",
        ),
        (
            {"issues": [*SECRETS, "RoleCredentials.password"]},
            (),
            "sso:GetRoleCredentials answers no RoleCredentials.password",
        ),
        (
            {"issues": SECRETS},
            ["RoleInfo.accountId"],
            "no operation of sso answers the sensitive RoleInfo.accountId",
        ),
    ],
)
def test_a_sensitive_member_of_an_answer_that_nobody_declared_does_not_start(
    declared, personal, words
) -> None:
    with pytest.raises(LookupError, match=f"^{re.escape(words)}$"):
        put_together(example(**sensitive(**declared), personal=frozenset(personal)))


@pytest.mark.parametrize(
    ("declared", "personal"),
    [
        ({"issues": SECRETS}, ()),
        ({"issues": SECRETS[:1], "withholds": SECRETS[1:]}, ()),
        ({"issues": SECRETS[:1]}, SECRETS[1:]),
    ],
)
def test_a_sensitive_member_is_a_credential_personal_or_withheld(declared, personal) -> None:
    built, _ = put_together(example(**sensitive(**declared), personal=frozenset(personal)))

    assert built["sso"]["GetRoleCredentials"].issues == frozenset(declared["issues"])


def test_a_credential_that_the_audit_log_would_show_does_not_start() -> None:
    made = module(
        create_access_key=operation(
            on=everything, issues=["AccessKey.SecretAccessKey", "AccessKey.AccessKeyId"]
        )
    )
    words = "iam:CreateAccessKey issues AccessKey.AccessKeyId, which the audit log shows"

    with pytest.raises(LookupError, match=f"^{re.escape(words)}$"):
        put_together(example(name="iam", model="iam", modules=(made,)))


def test_the_credentials_that_are_issued_are_these() -> None:
    assert {name for row in operations.rows() for name in row.issues} == {
        "AccessKey.SecretAccessKey",
        "Credentials.SecretAccessKey",
        "Credentials.SessionToken",
        "RoleCredentials.secretAccessKey",
        "RoleCredentials.sessionToken",
        "VirtualMFADevice.Base32StringSeed",
        "VirtualMFADevice.QRCodePNG",
    }


def test_a_list_of_devices_has_no_seed(tmp_path) -> None:
    world = World(tmp_path / "data")
    with contextlib.closing(world.data):
        done = world.run("alice", "iam", "ListVirtualMFADevices")

    assert f"<SerialNumber>{DEVICE}</SerialNumber>".encode() in done.response.body
    assert b"Seed" not in done.response.body
    assert b"QRCode" not in done.response.body


@pytest.mark.parametrize(
    ("action", "fields", "issues"),
    [
        ("GetCallerIdentity", {}, False),
        ("GetSessionToken", {}, True),
    ],
)
def test_an_answer_that_issues_a_credential_may_not_leave_unrecorded(
    tmp_path, action, fields, issues
) -> None:
    world = World(tmp_path / "data")
    with contextlib.closing(world.data):
        done = world.run("alice", "sts", action, **fields)

    assert done.event.outcome == "ok"
    assert done.has_credentials is issues
    assert bool(done.event.response) is issues


def test_signatures_are_valid_for_15_minutes_at_iam_and_sts_and_for_five_elsewhere() -> None:
    assert {each.name: each.window_seconds for each in CATALOG.services.values()} == {
        each.name: 900 if each.name in {"iam", "sts"} else 300 for each in SERVICES
    }


SHARED = [
    *sorted((SRC / "wire").rglob("*.py")),
    *sorted((SRC / "server").rglob("*.py")),
    *sorted((SRC / "services" / "kit").rglob("*.py")),
    *sorted((SRC / "core" / "sigv4").rglob("*.py")),
]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: str(path.relative_to(SRC)))
def test_what_serves_all_services_names_none_of_them(path) -> None:
    names = {each.name for each in SERVICES} | {each.model for each in SERVICES}
    tree = ast.parse(path.read_text())
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & names

    assert not named
