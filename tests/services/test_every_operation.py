"""Every operation that is served is called as a function by a test of its service.

Checked is that a test file of the service names the function as `module.function`; whether the test
is good is for a reader to judge.
"""

import ast
from pathlib import Path

import pytest

from daypass.services.iam.simulation import simulate
from daypass.services.registry import SERVICES

MODULES = {each.name: each.modules for each in SERVICES if each.modules}

HERE = Path(__file__).parent
OWN_SUITES = {simulate: HERE / "test_simulation.py"}
"""Modules whose operations are asked on a running server, one by one, because their answers are
the engine's."""


NOT_YET = set()
"""Services some of whose operations no test calls so; whoever adds the last of them takes the
service out."""


def served(service):
    """Return the operations of a service as pairs of module name and function name."""
    return {
        (module.__name__, name)
        for module in MODULES[service]
        if module not in OWN_SUITES
        for name, function in vars(module).items()
        if hasattr(function, "__daypass_operation__") and function.__module__ == module.__name__
    }


def named(text):
    """Return the attributes of imported modules that a test file names, as the same pairs."""
    tree = ast.parse(text)
    modules = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    if not any(node.attr == "call" for node in attributes):
        return set()
    return {
        (modules[node.value.id], node.attr)
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id in modules
    }


@pytest.mark.parametrize("service", sorted(MODULES))
def test_every_operation_is_called_as_a_function(service) -> None:
    files = (HERE / service).rglob("test_*.py")
    missing = served(service).difference(*(named(file.read_text()) for file in files))

    assert bool(missing) == (service in NOT_YET), sorted(missing)


@pytest.mark.parametrize(("module", "suite"), OWN_SUITES.items(), ids=lambda each: "")
def test_what_has_a_suite_of_its_own_is_called_in_it(module, suite) -> None:
    text = suite.read_text()

    assert [
        name
        for name, function in vars(module).items()
        if hasattr(function, "__daypass_operation__") and name not in text
    ] == []


def test_a_function_is_named_by_its_module_in_a_file_that_calls() -> None:
    calls = "from daypass.services.iam import users as people\nknown.call(people.get_user)\n"
    mentions = "from daypass.services.iam import users\nusers.get_user\n"

    assert ("daypass.services.iam.users", "get_user") in named(calls)
    assert named(mentions) == set()
    assert named("known.call(users.get_user)") == set()
