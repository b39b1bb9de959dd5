"""A parameter that an operation does not read is refused, never ignored; which these are is
declared, and compared with the code.

What an operation reads is told from its functions: a parameter is read if its name stands, as a
string, in the handler, in what locates its target, or in a function of the services that one of
these reaches. That errs on the side of "read"; what is found unread is so.
"""

import functools
import inspect
import types

import pytest

from daypass.core.audit_records.recorded_parameters import RECORDED_PARAMETERS
from daypass.core.faults import Violation
from daypass.server.app import operations_by_service
from daypass.services.iam import roles
from daypass.services.organizations import account_creations
from daypass.services.registry import SERVICES
from daypass.services.sts import assume_role, scoped_credentials
from daypass.wire import catalog

CATALOG = catalog.load_catalog(SERVICES)
SERVED = [
    (service, name, built)
    for service, found in operations_by_service(CATALOG).items()
    for name, built in sorted(found.items())
]
FOR_THE_RECORD = {scoped_credentials.get_scoped_credentials: {"ScopedSessionDescription"}}
"""Parameters that are there for the audit record, which shows every listed one, and nobody else."""
ALWAYS_REFUSED = {account_creations.create_gov_cloud_account}
"""Operations that refuse every call, whatever its parameters are."""


def constants(code):
    """Yield every string in a function, its tuples and inner functions included."""
    for each in code.co_consts:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple | frozenset):
            yield from (one for one in each if isinstance(one, str))
        elif isinstance(each, types.CodeType):
            yield from constants(each)


def names(code):
    """Yield every global name and attribute that a function uses."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from names(each)


def inside(value):
    """Yield the strings and functions inside a value that a function uses."""
    if isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, dict | tuple | frozenset):
        yield from value
    else:
        yield value


def strings(function, seen):
    """Return every string in a function and in the services' functions that it uses."""
    function = inspect.unwrap(function)
    if function in seen or not function.__module__.startswith("daypass.services"):
        return set()
    seen.add(function)
    used = set(names(function.__code__))
    reached = [function.__globals__.get(name) for name in used]
    modules = [each for each in reached if isinstance(each, types.ModuleType)]
    reached += [getattr(module, name, None) for module in modules for name in used]
    reached += [cell.cell_contents for cell in function.__closure__ or ()]
    found = set(constants(function.__code__))
    for each in (one for value in reached for one in inside(value)):
        if isinstance(each, str):
            found.add(each)
        elif isinstance(each, types.FunctionType):
            found |= strings(each, seen)
    return found


def unread(service, name, built):
    """Return the parameters of an operation that no function reads, without paging's."""
    wire = CATALOG.services[service].operations[name]
    if not wire.input_shape or built.handler in ALWAYS_REFUSED:
        return set()
    members = {each.name for each in wire.service.model.shape(wire.input_shape).members}
    members -= FOR_THE_RECORD.get(built.handler, set()) & set(RECORDED_PARAMETERS)
    pages = wire.paginator
    seen, found = set(), set()
    for each in (built.handler, built.on):
        found |= strings(each, seen) if each is not None else set()
    members -= {built.credential}
    return members - found - ({pages.input_token, pages.limit_key} if pages else set())


@pytest.mark.parametrize(
    ("service", "name", "built"), SERVED, ids=[f"{service}-{name}" for service, name, _ in SERVED]
)
def test_what_an_operation_does_not_read_is_what_it_says_that_it_does_not(
    service, name, built
) -> None:
    assert unread(service, name, built) == set(built.unread)


def test_the_parameters_that_are_refused_are_these() -> None:
    assert {name: dict(built.unread) for _, name, built in SERVED if built.unread} == {
        "AssumeRole": {"ProvidedContexts": None},
        "CreateRole": {"MaxSigninSessionDuration": None},
        "SimulateCustomPolicy": {"OrderedOrganizationPolicyInputList": None},
        "UpdateRole": {"MaxSigninSessionDuration": None, "ResetMaxSigninSessionDuration": False},
    }


def test_a_parameter_that_is_not_read_is_found_to_be_so() -> None:
    def handler(ctx, req):
        return {"Read": req["Read"], **helper(req)}

    def helper(req):
        return req.get("AlsoRead")

    handler.__module__ = helper.__module__ = "daypass.services.example"
    found = strings(handler, set())

    assert found >= {"Read", "AlsoRead"}
    assert "NotRead" not in found


CONTEXT = [
    {
        "ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter",
        "ContextAssertion": "asserted",
    }
]


@pytest.mark.parametrize(
    ("function", "params", "refused"),
    [
        (assume_role.assume_role, {}, ""),
        (roles.update_role, {"ResetMaxSigninSessionDuration": False}, ""),
        (
            roles.update_role,
            {"ResetMaxSigninSessionDuration": True},
            "ResetMaxSigninSessionDuration",
        ),
        (roles.create_role, {"MaxSigninSessionDuration": 3600}, "MaxSigninSessionDuration"),
        (assume_role.assume_role, {"ProvidedContexts": CONTEXT}, "ProvidedContexts"),
    ],
)
def test_another_value_than_the_default_is_refused_by_name(function, params, refused) -> None:
    built = next(each for _, _, each in SERVED if each.handler is function)
    if not refused:
        built.check_unread_parameters(params)
        return
    with pytest.raises(Violation, match=refused) as violation:
        built.check_unread_parameters(params)
    assert violation.value.member == refused


def test_a_client_is_told_so(live) -> None:
    from botocore.exceptions import ClientError

    arn = live.role("unread-by-nobody", live.account)
    key = live.user("unread-caller")
    with pytest.raises(ClientError) as refused:
        live.client("sts", key).assume_role(
            RoleArn=arn, RoleSessionName="session", ProvidedContexts=CONTEXT
        )
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "ProvidedContexts" in refused.value.response["Error"]["Message"]
