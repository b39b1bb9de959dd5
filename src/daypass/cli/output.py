"""The one place from which commands write: lines for people, JSON for programs, and text that somebody else's program runs.

A line is shown escaped, whatever it is made of; colours are the only thing that a command may ask
of a terminal.
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
    """A piece of a line in a colour or a weight of its own."""

    text: str
    fg: str | None = None
    bold: bool | None = None
    dim: bool | None = None


TextPart = str | Styled
Line = TextPart | tuple[TextPart, ...]


def print_line(*parts: TextPart, err: bool = False) -> None:
    """Write one line for people, to standard output or standard error."""
    made = []
    is_start = True
    for part in parts:
        text = escaping.escape_text(plain_text(part))
        made.append(_with_style(part, escaping.escape_line_start(text) if is_start else text))
        is_start = is_start and not text.strip(" ")
    click.echo("".join(made), err=err)


def print_lines(given: Iterable[Line]) -> None:
    """Write lines for people."""
    for each in given:
        print_line(*(each if isinstance(each, tuple) else (each,)))


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Write a value as JSON."""
    click.echo(escaping.escaped_json(value, indent=indent))


def print_exact(text: str, *, nl: bool = True) -> None:
    """Write what a shell or another program reads, to the letter."""
    click.echo(text, nl=nl)


def show_progress(text: str) -> None:
    """Show on a terminal what is being done, in place of what was shown before."""
    sys.stderr.write(f"\r\x1b[K{escaping.escape_text(text)[:78]}")
    sys.stderr.flush()


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Give a function that shows what is being done, on a terminal alone.

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
    """Return a piece's text."""
    return part.text if isinstance(part, Styled) else part


def _with_style(part: TextPart, text: str) -> str:
    if isinstance(part, str):
        return text
    return click.style(text, fg=part.fg, bold=part.bold, dim=part.dim)
