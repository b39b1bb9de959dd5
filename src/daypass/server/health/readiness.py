"""Whether requests should be sent here now: conditions, each with a name, and the reasons of those that do not hold.

`/readyz`, the metrics and the operator's terminal show the same. Not here: how a condition is found out (whoever adds it
probes beside the event loop and remembers the result).
"""

from collections.abc import Callable, Mapping

Look = Callable[[], str]


class Readiness:
    """Named conditions; the server is ready while every one of them holds."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}
        self._unsaid: set[str] = set()
        self._told: dict[str, str] = {}
        """The reasons that the operator was told last."""

    def add(self, name: str, look: Look, *, is_said: bool = True) -> None:
        """Add a condition. `look` returns in plain words why it does not hold, or an empty string if it does.

        It is called on the event loop whenever somebody looks, so it returns at once what is known. Everybody who reaches the
        port can read the reason: it holds no secret and no path. With `is_said` false the operator is told by somebody else.
        Raises `ValueError` for a name that is taken.
        """
        if name in self._looks:
            raise ValueError(f"there is a condition `{name}` already")
        self._looks[name] = look
        if not is_said:
            self._unsaid.add(name)

    @property
    def reasons(self) -> dict[str, str]:
        """Return the conditions that do not hold, each with its reason."""
        found = {name: _asked(look) for name, look in self._looks.items()}
        return {name: reason for name, reason in found.items() if reason}

    @property
    def is_ready(self) -> bool:
        """Say whether every condition holds."""
        return not self.reasons

    def page(self) -> tuple[int, str]:
        """Return what `/readyz` answers: 200 and `ready`, or 503 and `not ready` with a line for each reason."""
        reasons = self.reasons
        if not reasons:
            return 200, "ready\n"
        lines = ["not ready\n", *(f"{name}: {why}\n" for name, why in reasons.items())]
        return 503, "".join(lines)

    def states(self) -> Mapping[str, float]:
        """Return each condition's name with 1 if it holds and 0 if it does not, for the metrics."""
        reasons = self.reasons
        return {name: float(name not in reasons) for name in self._looks}

    def news(self) -> list[str]:
        """Return lines for the operator about every condition that has changed since the last call."""
        reasons, before = self.reasons, self._told
        for name in self._unsaid & set(reasons):
            del reasons[name]
        self._told = dict(reasons)
        lines = [
            f"not ready: {name}: {why}" for name, why in reasons.items() if before.get(name) != why
        ]
        lines += [f"ready again: {name}" for name in before if name not in reasons]
        return lines


def _asked(look: Look) -> str:
    try:
        return look()
    except Exception:  # noqa: BLE001 - what cannot be told is not known to hold
        return "its state cannot be told"
