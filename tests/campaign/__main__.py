"""`make campaign`: take figures that no test may assert, each beside its bound; `ARGS="NAME …"`
takes some of them.

A sub-campaign is a module of this package with a function `figures()`. It returns a list of
`(what, value, bound)`, or yields them as it goes; a bound is a text such as `<= 1.0`, `>= 0.8`, or
empty for a figure that has none, and the cases that missed it may follow. A package is all of its
modules: `faults` takes `faults.clocks`, `faults.disks` and so on. `stall` takes `connections` with
it. Exits with 1 if a bound is missed.
"""

import importlib
import pkgutil
import sys

import tests.campaign

PREFIX = "tests.campaign."
TOGETHER = {"stall": ("stall", "connections")}


def names():
    """Return the sub-campaigns that there are, by the names of their modules."""
    found = pkgutil.walk_packages(tests.campaign.__path__, PREFIX)
    return [
        each.name.removeprefix(PREFIX)
        for each in sorted(found, key=lambda each: each.name)
        if "._" not in each.name and hasattr(importlib.import_module(each.name), "figures")
    ]


def wanted(asked):
    """Return the modules to run for the names that were asked, each once; everything if none
    was.
    """
    known = names()
    found = []
    for name in asked or known:
        inside = tuple(each for each in known if each.startswith(f"{name}."))
        for each in TOGETHER.get(name, inside or (name,)):
            if each not in known and each == name:
                raise SystemExit(f"there is no campaign `{name}`: there are {', '.join(known)}")
            if each in known and each not in found:
                found.append(each)
    return found


def keeps(value, bound):
    """Say whether a figure keeps its bound, which is a text such as `<= 1.0`; an empty bound is
    always kept.
    """
    if not bound:
        return True
    sign, _, most = bound.partition(" ")
    return value <= float(most) if sign == "<=" else value >= float(most)


def main(asked):
    """Take the figures and return how many bounds were missed."""
    missed = 0
    for name in wanted(asked):
        print(f"{name}", flush=True)
        for what, value, bound, *cases in importlib.import_module(PREFIX + name).figures():
            is_kept = keeps(value, bound)
            missed += not is_kept
            said = f"({bound})" if bound else ""
            print(
                f"  {what:<76}{value:>12,.3f}  {said:<14}{'' if is_kept else 'MISSED'}", flush=True
            )
            for case in cases[0] if cases and not is_kept else ():
                print(f"      {case}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
