"""Durations as options give them: `15m`, `900s` or `8h`."""

from daypass.cli.command_error import CommandError

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


def parse_duration(text: str, *, what: str, shortest: str, longest: str, example: str) -> int:
    """Return the seconds of a duration between two others, written like it.

    Raises `CommandError` for anything else; `what` is the thing that lasts so long, and `example`
    an option for the hint.
    """
    seconds = _seconds(text)
    if seconds is None:
        raise CommandError(f"`{text}` is not a duration", hint=f"for example {example}", code=2)
    least, most = _seconds(shortest), _seconds(longest)
    assert least is not None and most is not None  # noqa: S101, PT018 - our own
    if not least <= seconds <= most:
        raise CommandError(
            f"{what} lasts from {shortest} to {longest}, not {text}",
            hint=f"for example {example}",
            code=2,
        )
    return seconds


def _seconds(text: str) -> int | None:
    """Return the seconds of a duration; None for text that is not one."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in UNIT_SECONDS):
        return None
    return int(number) * UNIT_SECONDS[unit]
