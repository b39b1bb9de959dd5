"""A service is described once: what its model contradicts does not start, and a service more is one entry more."""

import ast
import json
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import daypass
from daypass.core import faults
from daypass.core.steps import at_once
from daypass.server import app
from daypass.server.refusals import Refusals
from daypass.services.kit.operation import operation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.state.directory import Directory
from daypass.wire.catalog import load
from daypass.wire.message import HttpRequest

SRC = Path(daypass.__file__).parent
CATALOG = load(SERVICES)
ONE_TIME_CODES = {"TokenCode", "AuthenticationCode1", "AuthenticationCode2"}


def module(**handlers):
    """Return a module whose functions are operations."""
    made = ModuleType("made")
    for name, marked in handlers.items():

        def handler(_ctx, _req):
            return {}

        handler.__module__, handler.__name__ = "made", name
        setattr(made, name, marked(handler))
    return made


def example(**more):
    """Return a service that is served nowhere, with one operation."""
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
    catalog = load([service])
    return app.operations(catalog, [service]), Refusals(catalog, [service])


def test_every_service_has_a_name_of_its_own() -> None:
    assert len({each.name for each in SERVICES}) == len(SERVICES)
    with pytest.raises(LookupError, match="two services are called ssoadmin"):
        load([example(), example(model="sso")])


def test_a_service_is_served_once_it_is_on_the_list() -> None:
    codes = {faults.NoCredentials: "AccessDeniedException"}
    known = [each for each in SERVICES if each.name != "ssoadmin"]
    authority = app.assemble(
        committer=SimpleNamespace(directory=Directory()),
        keyring=lambda: None,
        usage=None,
        recorder=SimpleNamespace(take=None),
        guesses=SimpleNamespace(take_back=None),
        services=[*known, example(codes=codes)],
    )
    target = (b"x-amz-target", b"SWBExternalService.ListInstances")
    done = at_once(authority.pipeline.handle(HttpRequest("POST", b"/", b"", (target,), b"{}")))

    assert done.event.service == "ssoadmin"
    assert json.loads(done.response.body)["__type"] == "AccessDeniedException"


def test_a_service_without_codes_of_its_own_refuses_in_the_words_of_its_protocol() -> None:
    service = example()
    _, refusals = put_together(service)
    model = load([service]).services["ssoadmin"]

    assert refusals.code(faults.NoCredentials("No."), model) == "MissingAuthenticationTokenException"  # fmt: skip
    assert refusals.code(faults.InUse("No."), model) == "InternalFailure"
    assert refusals.failure(model) == "InternalFailure"


def test_a_request_that_names_no_service_is_refused_in_the_words_of_the_query_protocol() -> None:
    refusals = Refusals(CATALOG, SERVICES)

    assert refusals.code(faults.NoCredentials("No."), None) == "MissingAuthenticationToken"
    assert refusals.code(faults.Denied("No."), None) == "AccessDenied"
    assert refusals.code(faults.InUse("No."), None) == refusals.failure(None) == "InternalFailure"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"codes": {faults.Invalid: "NoSuchException"}}, "ssoadmin knows no error NoSuchException"),
        ({"errors": frozenset({"OtherException"})}, "ssoadmin knows no error OtherException"),
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
    built = app.operations(CATALOG)

    assert taken == {
        (service, name, code)
        for service, known in built.items()
        for name, each in known.items()
        for code in each.codes
    }
    assert {name for _, name, _ in taken} == {
        "AssumeRole", "EnableMFADevice", "GetSessionToken", "ResyncMFADevice",
    }  # fmt: skip


SHARED = [
    *sorted((SRC / "wire").rglob("*.py")),
    *sorted((SRC / "server").rglob("*.py")),
    *sorted((SRC / "services" / "kit").rglob("*.py")),
]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: str(path.relative_to(SRC)))
def test_what_serves_all_services_names_none_of_them(path) -> None:
    names = {each.name for each in SERVICES} | {each.model for each in SERVICES}
    tree = ast.parse(path.read_text())
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & names

    assert not named
