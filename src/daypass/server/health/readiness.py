"""Readiness: named conditions for receiving requests, and the reasons of those that do not hold.

`/readyz`, the metrics and the operator's terminal show the same conditions. Not here: how a
condition is determined (its owner probes beside the event loop and stores the result).
"""

from collections.abc import Callable, Mapping

ConditionCheck = Callable[[], str]


class Readiness:
    """Named conditions; the server is ready while every one of them holds."""

    def __init__(self) -> None:
        self._checks: dict[str, ConditionCheck] = {}
        self._unannounced: set[str] = set()
        self._announced: dict[str, str] = {}
        """The reasons that the last announcement gave the operator."""

    def add_condition(self, name: str, check: ConditionCheck, *, is_announced: bool = True) -> None:
        """Add a condition; `check` returns in plain words why it does not hold, or empty.

        `check` is called on the event loop for every request for readiness, so it returns a stored
        result. Everybody who reaches the port can read the reason: it contains no secret and no
        path. With `is_announced` false, something else reports the condition to the operator.
        Raises `ValueError` for a name that is taken.
        """
        if name in self._checks:
            raise ValueError(f"there already is a condition `{name}`")
        self._checks[name] = check
        if not is_announced:
            self._unannounced.add(name)

    @property
    def reasons(self) -> dict[str, str]:
        """Return the conditions that do not hold, each with its reason."""
        results = {name: _run_check(check) for name, check in self._checks.items()}
        return {name: reason for name, reason in results.items() if reason}

    @property
    def is_ready(self) -> bool:
        """Return whether every condition holds."""
        return not self.reasons

    def response(self) -> tuple[int, str]:
        """Return status and body of `/readyz`: 200 and `ready`, or 503 and the reasons."""
        reasons = self.reasons
        if not reasons:
            return 200, "ready\n"
        lines = ["not ready\n", *(f"{name}: {why}\n" for name, why in reasons.items())]
        return 503, "".join(lines)

    def condition_values(self) -> Mapping[str, float]:
        """Return each condition's name with 1 if it holds and 0 if it does not, for the metrics."""
        reasons = self.reasons
        return {name: float(name not in reasons) for name in self._checks}

    def announcements(self) -> list[str]:
        """Return lines for the operator about the conditions that changed since the last call."""
        reasons, before = self.reasons, self._announced
        for name in self._unannounced & set(reasons):
            del reasons[name]
        self._announced = dict(reasons)
        lines = [
            f"not ready: {name}: {why}" for name, why in reasons.items() if before.get(name) != why
        ]
        lines += [f"ready again: {name}" for name in before if name not in reasons]
        return lines


def _run_check(check: ConditionCheck) -> str:
    try:
        return check()
    except Exception:  # noqa: BLE001 - a condition whose check fails does not hold
        return "its state cannot be determined"
