"""The table of operations says what the code and the models say."""

from types import ModuleType

import pytest
from tests.services import operations
from tests.services.operations import Row

from daypass.services.kit.operation import any_resource, operation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

CREDENTIALS = ["RoleCredentials.secretAccessKey", "RoleCredentials.sessionToken"]


def portal(**declared):
    """Return the access portal's service with one operation, declared with these values."""
    made = ModuleType("made")

    def get_role_credentials(_ctx, _req):
        return {}

    get_role_credentials.__module__ = "made"
    mark = operation(on=any_resource, **({"scheme": "bearer", "issues": CREDENTIALS} | declared))
    made.get_role_credentials = mark(get_role_credentials)
    return Service(name="sso", model="sso", action_prefix="sso", modules=(made,))


def row(**other):
    said = {
        "operation": "sso:GetRoleCredentials",
        "scheme": "bearer",
        "issues": CREDENTIALS,
        "sensitive_parameters": ["accessToken"],
        "sensitive_results": CREDENTIALS,
        "withholds": [],
        "refuses": [],
    }
    return Row(**(said | other))


def test_the_page_is_what_the_code_says() -> None:
    changed = operations.difference(operations.PAGE.read_text(), operations.page())

    assert not changed, (
        f"{operations.PAGE.name} is not what the code says. `make operations` writes it;"
        f" read each of these lines:\n{changed}"
    )


@pytest.mark.parametrize(
    ("declared", "other"),
    [
        ({}, {}),
        ({"scheme": "passport"}, {"scheme": "passport"}),
        (
            {"issues": CREDENTIALS[:1], "withholds": CREDENTIALS[1:]},
            {"issues": CREDENTIALS[:1], "withholds": CREDENTIALS[1:]},
        ),
        (
            {"unread": {"roleName": None, "accountId": "all"}},
            {"refuses": ["accountId (all)", "roleName"]},
        ),
    ],
)
def test_whatever_an_operation_declares_stands_in_its_row(declared, other) -> None:
    assert list(operations.rows([portal(**declared)])) == [row(**other)]


def test_a_row_is_a_line_with_a_cell_for_each_column() -> None:
    line = row(refuses=["roleName"]).line()
    credentials = ", ".join(CREDENTIALS)

    assert (
        line == f"| sso:GetRoleCredentials | bearer | {credentials} | accessToken | {credentials} |"
        " | roleName |\n"
    )
    assert operations.HEAD.count("|", operations.HEAD.index("| operation")) == 2 * line.count("|")


def test_an_operation_that_is_not_built_is_listed_by_its_service_and_verb() -> None:
    page = operations.page([portal()])

    assert page == operations.HEAD + row().line() + operations.UNBUILT_HEAD + (
        "\nsso, 3 of 4:\n\n- ListAccountRoles, ListAccounts\n- Logout\n"
    )


def test_every_operation_of_every_model_is_listed_once_and_no_other() -> None:
    models = load_catalog(SERVICES).services
    listed = [each.operation for each in operations.rows()]
    listed += [f"{service}:{name}" for service, _, names in operations.unbuilt() for name in names]

    assert sorted(listed) == sorted(
        f"{name}:{each}" for name, service in models.items() for each in service.operations
    )


def test_a_page_that_is_not_right_is_told_line_by_line() -> None:
    assert operations.difference("kept\nold\n", "kept\nnew\n").splitlines()[-2:] == ["-old", "+new"]
    assert operations.difference("kept\n", "kept\n") == ""
