"""What the parts of this campaign share: findings by kind, each with the cases that show it."""

import collections
import contextlib
import re
import threading
import time

SHOWN_MAX = 8
TWO_WORKERS = ("--workers", "2")
"""What a server is started with that goes through a part as two processes under one parent."""


class Findings:
    """What was found against the promise, by kind; `count` is how much was tried."""

    def __init__(self):
        self.count = 0
        self._cases = collections.defaultdict(dict)

    def add(self, kind, case):
        """Note a case; the same one is noted once."""
        self._cases[kind][str(case)] = None

    def __getitem__(self, kind):
        """Return the cases of a kind."""
        return list(self._cases[kind])

    def all(self):
        """Return all cases by kind."""
        return {kind: list(cases) for kind, cases in self._cases.items() if cases}

    def figures(self, kinds, server=""):
        """Yield a figure for each kind, found or not, that has to be 0; then the kinds that
        nobody foresaw. `server` is said first.
        """
        for kind in [*kinds, *(kind for kind in self._cases if kind not in kinds)]:
            cases = self[kind]
            yield f"{server}{kind}", len(cases), "<= 0", cases[:SHOWN_MAX]


def until(holds, seconds):
    """Return whether something holds before so many seconds have passed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def load(work, count=4):
    """Run `work(number of the thread)` again and again in threads; raises what one of them
    raised.
    """
    stopping, failed = threading.Event(), []

    def run(number):
        try:
            while not stopping.is_set():
                work(number)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is raised below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def tracebacks(text):
    """Return the last line of every traceback that a process wrote."""
    found = re.findall(r"Traceback \(most recent call last\):\n(?:[ |+].*\n|\n)*(.*)", text)
    return found + re.findall(r".*exception was never retrieved.*", text)
