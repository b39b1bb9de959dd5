"""`daypass policy simulate`: read questions as JSON lines, write answers as JSON lines in order."""

import itertools
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import BinaryIO

import click

from daypass import policy
from daypass.cli.command_error import CommandError
from daypass.cli.policy.policy_files import QUESTION_BYTES_MAX
from daypass.files import bounded_reading, escaping

BATCH_LINES = 200
"""How many questions a process gets at a time."""
LINE_BYTES_MAX = QUESTION_BYTES_MAX
"""The longest line, which holds one question."""
SKIPPED_BYTES_MAX = 32 * LINE_BYTES_MAX
"""How many bytes of a line that is too long are skipped; ours: `/dev/zero` has no line end."""


@click.command(short_help="Decide many requests: JSON lines in, JSON lines out")
@click.option("--explain", "explained", is_flag=True, help="Add the reasons, as `because`.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="The number of processes.",
)
@click.argument("file", type=click.Path(exists=True, allow_dash=True), default="-")
def simulate(explained: bool, jobs: int, file: str) -> None:
    """Decide every question of FILE, one JSON object a line; answers come in the same order.

    FILE defaults to standard input. A question has a request and all policies that apply to it;
    nothing is added to its context. A line that cannot be read is answered by an error in its
    place, and the rest is decided. Only policies are evaluated: calls that a kind of session may
    never make (GetSessionToken by a role's session, AssumeRole by root) are refused by the server
    in addition. The exit code is 0 if every line has an answer.

    \b
    Example of a question (on one line):
      {"v": 1, "id": "a",
       "request": {"principal": {"kind": "user", "account": "111122223333",
                                 "arn": "arn:aws:iam::111122223333:user/alice"},
                   "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/may.csv",
                   "resource_account": "111122223333"},
       "policies": {"identity": [{"Statement": {"Effect": "Allow", "Action": "s3:*",
                                                "Resource": "*"}}]}}
    Its answer:
      {"v": 1, "id": "a", "decision": "Allowed"}
    """
    try:
        with bounded_reading.open_stream(file) as source:
            _simulate(source, jobs, explained=explained)
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error


def _simulate(source: BinaryIO, jobs: int, *, explained: bool) -> None:
    lines = enumerate(_read_lines(source), start=1)
    if jobs == 1:
        for number, line in lines:
            # A program at the other end of a pipe may wait for an answer before its next question.
            sys.stdout.write(_answer(number, line, explained) + "\n")
            sys.stdout.flush()
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in _answers_in_order(pool, lines, explained=explained, most=2 * jobs):
            sys.stdout.write("".join(f"{answer}\n" for answer in done))


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield each line, a longer one cut to `LINE_BYTES_MAX` + 1 bytes, so that it is refused."""
    while line := file.readline(LINE_BYTES_MAX + 1):
        yield line
        skipped = 0
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES_MAX + 1)
            skipped += len(line)
            if skipped > SKIPPED_BYTES_MAX:
                raise CommandError(f"a line has no end within {SKIPPED_BYTES_MAX} bytes", code=2)


def _answers_in_order(
    pool: ProcessPoolExecutor, lines: Iterable[tuple[int, bytes]], *, explained: bool, most: int
) -> Iterator[list[str]]:
    """Yield batches of answers in the order of the lines; `most` batches are decided at a time."""
    waiting: deque[Future[list[str]]] = deque()
    source = iter(lines)
    while batch := list(itertools.islice(source, BATCH_LINES)):
        waiting.append(pool.submit(_answers, batch, explained))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _answers(batch: list[tuple[int, bytes]], explained: bool) -> list[str]:
    return [_answer(number, line, explained) for number, line in batch]


def _answer(number: int, line: bytes, explained: bool) -> str:
    """Return the answer to one line as JSON, or an error in its place."""
    try:
        text = line.decode("utf-8")
        found = policy.answer(policy.parse_question(text), explained=explained)
    except policy.InvalidJson:
        found = _error(_question_id(line), "the line is not JSON, or has a member twice", number)
    except UnicodeDecodeError:
        found = _error(None, "the line is not UTF-8", number)
    except policy.Malformed as fault:
        found = _error(_question_id(line), fault.message, number)
    except Exception as error:  # noqa: BLE001 - a bug refuses and reports one line only
        found = _error(_question_id(line), f"cannot be decided: {type(error).__name__}", number)
    return escaping.escaped_json(found, is_ascii=True)


def _error(given: str | None, message: str, number: int) -> dict[str, object]:
    return {"v": 1, "id": given, "error": message, "line": number}


def _question_id(line: bytes) -> str | None:
    """Return the id of a line that is not a valid question; None if it has no readable id."""
    try:
        value = json.loads(line) if len(line) <= LINE_BYTES_MAX else None
    except (ValueError, RecursionError):
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
