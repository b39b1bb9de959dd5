"""The rate limit of calls per principal: a number of calls a second, and a burst above it.

One number is stored per principal: the moment at which its bucket would be empty again (the generic
cell rate algorithm, ITU-T I.371). A role's sessions share their role's limit, or each new session
name would bring a new allowance.
"""

from daypass.core.faults import Throttled

PRINCIPALS_MAX = 100_000
BURST_SECONDS = 2  # of its rate that a caller may have saved up; ours
_MICROSECONDS = 1_000_000


class RateLimiter:
    """Counts calls by principal, in memory alone; a `per_second` of zero means no limit."""

    def __init__(self, per_second: int) -> None:
        self._step = _MICROSECONDS // per_second if per_second else 0
        self._empty_at: dict[str, int] = {}
        """When the bucket of each principal is empty again, in microseconds."""

    def count_call(self, principal: str, now: float) -> None:
        """Count a call at `now`, in seconds of the monotonic clock.

        Raises `Throttled` for a call above the limit, which does not count.
        """
        if not self._step:
            return
        moment = round(now * _MICROSECONDS)
        empty_at = max(self._empty_at.get(principal, moment), moment) + self._step
        if empty_at > moment + BURST_SECONDS * _MICROSECONDS:
            raise Throttled("Rate exceeded")
        if principal not in self._empty_at and len(self._empty_at) >= PRINCIPALS_MAX:
            del self._empty_at[next(iter(self._empty_at))]
        self._empty_at[principal] = empty_at
