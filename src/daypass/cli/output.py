"""Printing for all commands: lines for people, JSON for programs, exact text for shells.

Lines for people are always escaped; colour and weight are the only control sequences that a command
can print.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from daypass.files import escaping


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a line with a colour or weight."""

    text: str
    fg: str | None = None
    bold: bool | None = None
    dim: bool | None = None


TextPart = str | Styled
"""A part of a line."""
Line = TextPart | tuple[TextPart, ...]
"""A line: one part or several."""


def print_line(*parts: TextPart, err: bool = False) -> None:
    """Print the parts as one escaped line, to standard output or standard error."""
    made = []
    is_start = True
    for part in parts:
        text = escaping.escape_text(plain_text(part))
        made.append(_with_style(part, escaping.escape_line_start(text) if is_start else text))
        is_start = is_start and not text.strip(" ")
    click.echo("".join(made), err=err)


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines, each escaped."""
    for each in lines:
        print_line(*(each if isinstance(each, tuple) else (each,)))


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON, escaped within its strings."""
    click.echo(escaping.escaped_json(value, indent=indent))


def print_exact(text: str, *, nl: bool = True) -> None:
    """Print text for a shell or another program unchanged."""
    click.echo(text, nl=nl)


def show_progress(text: str) -> None:
    """Replace the progress line on standard error by a text, escaped and cut to 78 columns."""
    sys.stderr.write(f"\r\x1b[K{escaping.escape_text(text)[:78]}")
    sys.stderr.flush()


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a progress text, if standard error is a terminal.

    The line is cleared at the end.
    """
    is_terminal = sys.stderr.isatty()

    def report(text: str) -> None:
        if is_terminal:
            show_progress(text)

    try:
        yield report
    finally:
        report("")


def plain_text(part: TextPart) -> str:
    """Return a part's text without its style."""
    return part.text if isinstance(part, Styled) else part


def _with_style(part: TextPart, text: str) -> str:
    if isinstance(part, str):
        return text
    return click.style(text, fg=part.fg, bold=part.bold, dim=part.dim)
