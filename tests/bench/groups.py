"""The groups of the bench: what each measures, and the module that measures it.

A module has `figures(run)`, which yields a `Figure` or a tuple (name, value, unit, goal) for each
row as it is known. It is imported only when its group is taken.
"""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass

import tests.bench

PREFIX = "tests.bench."
OF_OTHERS = ("gate", "client", "start")
"""Groups whose modules begin with their name: `gate.py`, `gate_bytes.py` and so on."""


@dataclass(frozen=True)
class Group:
    """Rows that are measured together."""

    name: str
    says: str
    modules: tuple


def _modules_of(name):
    found = sorted(each.name for each in pkgutil.iter_modules(tests.bench.__path__))
    return tuple(each for each in found if each == name or each.startswith(f"{name}_"))


GROUPS = (
    Group("decisions", "a policy decision, quick and explained, beside Cedar's; hostile documents", ("decisions",)),
    Group("organizations", "a decision below 200 units, a change at the root, a start", ("organizations",)),
    Group("refusals", "a refusal beside a permission; whether its cost tells which roles exist", ("refusals",)),
    Group("calls", "AssumeRole beside moto_server; GetCallerIdentity beside echoes; latencies", ("calls",)),
    Group("hammering", "one caller's latency while another one is refused all the time", ("hammering",)),
    Group("growth", "a write, a page after it, memory and start with 100,000 users", ("growth", *(each for each in _modules_of("growth") if each != "growth"))),
    Group("radosgw", "AssumeRole beside Ceph's radosgw", ("radosgw",)),
    *(Group(name, says, _modules_of(name)) for name, says in zip(OF_OTHERS, (
        "objects through the gate beside nginx",
        "credentials from the cache of the command line",
        "the start of a server",
    ), strict=True)),
)  # fmt: skip


def figures_of(group, run):
    """Yield the rows of a group as its modules give them."""
    for name in group.modules:
        module = importlib.import_module(PREFIX + name)
        take = getattr(module, "figures", None) or getattr(module, "rows", None)
        if take is not None:
            yield from _call(take, run)


def _call(take, run):
    """Call a module's function with what it takes: the run, or its number of rounds, or nothing."""
    names = inspect.signature(take).parameters
    if "run" in names:
        return take(run)
    return take(rounds=run.rounds) if "rounds" in names else take()
