"""The groups of the bench: what each measures, and the module that measures it.

A module has `figures(run)`, or `rows()`, which yields a `Figure` or a tuple (name, value, unit, goal)
for each row as it is known; other modules serve these. It is imported only when its group is taken.
"""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass

import tests.bench

PREFIX = "tests.bench."


@dataclass(frozen=True)
class Group:
    """Rows that are measured together, by the modules that begin with the group's name."""

    name: str
    says: str

    @property
    def modules(self):
        """Return the names of its modules: for `gate` `gate`, `gate_bytes` and so on."""
        found = sorted(each.name for each in pkgutil.iter_modules(tests.bench.__path__))
        return [each for each in found if each == self.name or each.startswith(f"{self.name}_")]


ALL = (
    Group("decisions", "a policy decision, quick and explained, beside Cedar's; hostile documents"),
    Group("organizations", "a decision below 200 units, a change at the root, a start"),
    Group("refusals", "a refusal beside a permission; whether its cost tells which roles exist"),
    Group("portal", "the portal's calls beside AssumeRole; a person's session beside any other"),
    Group("people", "a new person and a page with 100,000 people, sign-ins beside them, a start"),
    Group("calls", "AssumeRole beside moto_server; GetCallerIdentity beside echoes; latencies"),
    Group("hammering", "one caller's latency while another one is refused all the time"),
    Group("growth", "a write, a page after it, memory and start with 100,000 users"),
    Group("radosgw", "AssumeRole beside Ceph's radosgw"),
    Group("gate", "objects through the gate, beside nginx"),
    Group("client", "credentials from the cache of the command line"),
    Group("start", "the start of a server"),
)
GROUPS = tuple(each for each in ALL if each.modules)


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
