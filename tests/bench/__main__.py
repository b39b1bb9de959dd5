"""Measure what requests cost, beside other servers, in one run.

A figure is a ratio wherever it can be: the servers are measured in turns, by the processor time of
their whole process trees for an answer, and the ratio is the median over the rounds. Compare
ratios; never compare times of two runs, because the machine's neighbours swing them.

Beside each figure stand its goal (what it must reach, and what it should), which of the two it
reaches, the peer's own figure, and the value that was recorded last. A peer that is not installed
is said, and is no failure.
"""

import argparse
import inspect
import json
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import baseline, compiled_modules, report
from tests.bench.figures import as_figure, could_not_run
from tests.bench.groups import GROUPS, figures_of
from tests.bench.selection import Selection, Unknown
from tests.bench.worlds import filled

EXAMPLES = """
examples:
  make bench                                   everything, within fifteen minutes
  make bench ARGS=--quick                      everything in short rounds, within two minutes
  make bench ARGS="--only growth"              one group
  make bench ARGS="--only 'AssumeRole, one'"   the rows that begin so
  make bench ARGS="--only calls --record"      and record the figures as the baseline
  make bench ARGS=--list                       the groups and their rows
"""


@dataclass
class Worlds:
    """The data directories that were filled so far, for all groups."""

    folder: Path
    made: dict = field(default_factory=dict)


class Run:
    """How the groups are to measure: how long, and which rows."""

    def __init__(self, selection, group, folder, worlds, *, is_quick):
        self._selection, self._group, self._worlds = selection, group, worlds
        self.folder = folder
        """An empty folder for what the group needs."""
        self.is_quick = is_quick
        self.rounds = 3 if is_quick else 7
        self.seconds = 0.4 if is_quick else 2.0
        """How long each side of a round is loaded."""

    def filled(self, *world):
        """Return a data directory with a world of `worlds`, and its keys; each is made once."""
        if world not in self._worlds.made:
            self.say(f"a directory: {' '.join(map(str, world))}")
            folder = self._worlds.folder / "-".join(map(str, world))
            self._worlds.made[world] = filled(folder, *world)
        return self._worlds.made[world]

    def wants(self, row):
        """Say whether a row is wanted; one that costs nothing more may be given anyway."""
        return self._selection.wants(self._group.name, row)

    def say(self, text):
        """Show on a terminal what is being done."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self._group.name}: {text}")
            sys.stderr.flush()

    def done(self):
        """Take the last progress away."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")


def take(group, selection, worlds, *, is_quick):
    """Yield the wanted figures of a group."""
    with tempfile.TemporaryDirectory(prefix="daypass-bench-") as name:
        run = Run(selection, group, Path(name), worlds, is_quick=is_quick)
        for row in figures_of(group, run):
            figure = as_figure(row)
            if run.wants(figure.name):
                run.done()
                yield figure
        run.done()


def options(arguments):
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="make bench", description=inspect.cleandoc(__doc__), epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="take a group, or the rows that begin with NAME; may be repeated")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="take fewer and shorter rounds")
    parser.add_argument("--list", action="store_true", help="list the groups and the rows that they are known to have")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.add_argument("--record", "--write", action="store_true", help="write the figures into tests/bench/baseline.json")  # fmt: skip
    return parser.parse_args(arguments)


def listed(known):
    """Return the text of `--list`."""
    lines = []
    for group in GROUPS:
        lines.append(f"{group.name}: {group.says}")
        lines += [f"  {row}" for row in known.get(group.name, {})]
    return "\n".join(lines)


def taken(selection, known, asked):
    """Return the figures by group; print them as they come."""
    found = {}
    with (
        tempfile.TemporaryDirectory(prefix="daypass-bench-") as name,
        compiled_modules.kept_in(Path(name) / "compiled"),
    ):
        worlds = Worlds(Path(name))
        for group in selection.groups:
            last, rows = known.get(group.name, {}), found.setdefault(group.name, [])
            if not asked.json:
                print(f"{group.name}: {group.says}", flush=True)
            try:
                for figure in take(group, selection, worlds, is_quick=asked.quick):
                    rows.append(figure)
                    if not asked.json:
                        print(report.line(figure, last.get(figure.name)), flush=True)
            except Exception as error:  # noqa: BLE001 - a group that cannot run does not end the others
                traceback.print_exc()
                rows.append(could_not_run(group.name, error))
                if not asked.json:
                    print(report.line(rows[-1]), flush=True)
    return found


def main(arguments):
    """Take the figures and return the exit status: 1 if something could not run."""
    asked, known = options(arguments), baseline.read()
    if asked.list:
        print(listed(known))
        return 0
    try:
        selection = Selection(asked.only, known)
    except Unknown as name:
        sys.stderr.write(f"error: there is no group or row `{name}`: --list shows all\n")
        return 2
    begun = time.monotonic()
    found = taken(selection, known, asked)
    if asked.record:
        values = {name: {each.name: each.value for each in rows} for name, rows in found.items()}
        baseline.record(values)
    if asked.json:
        shown = {name: [report.as_data(each, known.get(name, {}).get(each.name)) for each in rows] for name, rows in found.items()}  # fmt: skip
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        print(f"in {time.monotonic() - begun:.0f} seconds")
    return 1 if any(each.has_failed for rows in found.values() for each in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
