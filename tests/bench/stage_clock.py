"""Times the steps of a call by wrapping the functions that do them, without their own cost.

A step is charged what its functions use themselves: what a wrapped function inside it uses is
charged to that one. Times are of the thread's processor time, so that what the machine's neighbours
do is not in them.
"""

import importlib
import inspect
import statistics
import time
from contextlib import contextmanager


class StageClock:
    """Charges the processor time of wrapped functions to stages, one call at a time."""

    def __init__(self, spent=time.thread_time_ns):
        """Take the clock, which tells nanoseconds."""
        self._spent = spent
        self.calls = []
        """Nanoseconds by stage of each call so far."""
        self._open = []
        self._charged = {}
        self._since = 0
        self._inside, self._around = 0, 0
        self._inside, self._around = self._own_cost()

    def begin(self):
        """Begin a call."""
        self._charged = {}
        self._open.clear()

    def end(self):
        """End a call."""
        self.calls.append(self._charged)

    def wrap(self, stage, function):
        """Return a function that does the same and is charged to `stage`."""

        def timed(*args, **kwargs):
            self._enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        def timed_steps(*args, **kwargs):
            # The body of a generator runs while its caller waits for it.
            self._enter(stage)
            try:
                return (yield from function(*args, **kwargs))
            finally:
                self._leave()

        return timed_steps if inspect.isgeneratorfunction(function) else timed

    def _enter(self, stage):
        now = self._spent()
        if self._open:
            outer = self._open[-1]
            self._charged[outer] = self._charged.get(outer, 0) + now - self._since - self._around
        self._open.append(stage)
        self._since = self._spent()

    def _leave(self):
        now = self._spent()
        stage = self._open.pop()
        self._charged[stage] = self._charged.get(stage, 0) + now - self._since - self._inside
        self._since = self._spent()

    def _own_cost(self, rounds=2_000):
        """Return what an empty wrapped function is charged, and the function around it."""
        empty = self.wrap("inside", lambda: None)
        outer = self.wrap("outside", empty)
        alone = self.wrap("alone", lambda: None)
        found = []
        for _ in range(rounds):
            self.begin()
            outer()
            alone()
            found.append(self._charged)
        inside = statistics.median(each["alone"] for each in found)
        around = statistics.median(each["outside"] for each in found) - inside
        return inside, around

    def medians(self):
        """Return the median microseconds of each stage over all calls."""
        stages = {stage for call in self.calls for stage in call}
        return {
            stage: statistics.median(call.get(stage, 0) for call in self.calls) / 1000
            for stage in stages
        }


class NotThere(LookupError):
    """A function that is to be wrapped is not where the table says."""


def find(target):
    """Return the holder and the name of `module:attribute` or `module:Class.attribute`."""
    module_name, _, path = target.partition(":")
    try:
        holder = importlib.import_module(module_name)
        *outer, name = path.split(".")
        for each in outer:
            holder = getattr(holder, each)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise NotThere(target) from error
    return holder, name


@contextmanager
def replaced(replacements):
    """Replace attributes while the block runs: (holder, name, value) each.

    A frozen holder is written to as well.
    """
    before = []
    try:
        for holder, name, value in replacements:
            own = vars(holder) if hasattr(holder, "__dict__") else {}
            before.append((holder, name, own.get(name, getattr(holder, name))))
            _write(holder, name, value)
        yield
    finally:
        for holder, name, value in reversed(before):
            _write(holder, name, value)


def _write(holder, name, value):
    if isinstance(holder, type) or inspect.ismodule(holder):
        setattr(holder, name, value)
    else:
        object.__setattr__(holder, name, value)
