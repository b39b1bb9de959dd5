"""How often a principal may call: so many times a second, and a burst before that counts.

One number per principal: the moment at which its bucket would be empty again (the generic cell rate algorithm, ITU-T I.371).
A role's sessions share their role's, or a new session name would be a new allowance.
"""

from daypass.core.faults import Throttled

PRINCIPALS_MAX = 100_000
BURST_SECONDS = 2  # of its rate that a caller may have saved up; ours
_MICROSECONDS = 1_000_000


class Rates:
    """Calls by principal. Forgotten when the server stops; `per_second` of zero means that nobody is held up."""

    def __init__(self, per_second: int) -> None:
        self._step = _MICROSECONDS // per_second if per_second else 0
        self._full: dict[str, int] = {}

    def check(self, principal: str, moment: float) -> None:
        """Count a call at a moment, in seconds of the monotonic clock; raises `Throttled` for one too many, which does not count."""
        if not self._step:
            return
        now = round(moment * _MICROSECONDS)
        after = max(self._full.get(principal, now), now) + self._step
        if after > now + BURST_SECONDS * _MICROSECONDS:
            raise Throttled("Rate exceeded")
        if principal not in self._full and len(self._full) >= PRINCIPALS_MAX:
            del self._full[next(iter(self._full))]
        self._full[principal] = after
