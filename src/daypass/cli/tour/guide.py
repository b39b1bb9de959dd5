"""Run the tour's steps: print each command with its outcome, and keep credentials and results."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daypass.cli import output
from daypass.cli.tour.stage import CommandResult, Stage


@dataclass(slots=True)
class Guide:
    """Runs the tour's commands, counts steps, and collects outcomes that are not as expected.

    `people` has each person's environment variables by name; `facts` has values that later chapters
    need, such as ARNs, by name.
    """

    stage: Stage
    steps: int = 0
    unexpected_outcomes: list[str] = field(default_factory=list)
    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        """Print a chapter's title."""
        output.print_line("")
        output.print_line(output.Styled(title, bold=True))

    def step(
        self,
        who: str,
        command: list[str],
        *,
        expect: str = "",
        show: Callable[[str], str] | None = None,
    ) -> CommandResult:
        """Run a command as a person, print it with its outcome, and return its result.

        `expect` is text that the error must contain; empty means that the command must succeed.
        `show` turns the output of a success into the printed outcome.
        """
        self.steps += 1
        output.print_line("  ", output.Styled(who, dim=True), f" $ {command_text(command)}")
        result = self.stage.run(command, self.people.get(who, {}))
        said = last_error_line(result)
        as_expected = (expect in said) if expect else result.code == 0
        outcome = said if result.code else (show(result.out) if show else "done")
        mark, colour = ("✓", "green") if as_expected else ("✗", "red")
        word = "refused" if result.code else "ok"
        first, *others = outcome.split("\n")
        output.print_line("      ", output.Styled(f"{mark} {word}", fg=colour), f"  {first}")
        output.print_lines(f"        {line}" for line in others)
        if not as_expected:
            wanted = f"refusal with {expect}" if expect else "success"
            self.unexpected_outcomes.append(
                f"`{command_text(command)}` should have ended in {wanted}"
            )
        return result

    def add_person(self, who: str, credentials: Mapping[str, str]) -> None:
        """Store a person's credentials as the three environment variables of AWS clients."""
        self.people[who] = {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials.get("SessionToken", ""),
        }

    def file(self, name: str, document: object) -> str:
        """Write a JSON document to the tour's directory and return its `file://` URL."""
        (self.stage.directory / name).write_text(json.dumps(document))
        return f"file://{name}"


def aws(command: str, *arguments: str) -> list[str]:
    """Return an AWS CLI command line: words to be split at blanks, then whole arguments."""
    return ["aws", *command.split(), *arguments]


def json_member(*path: str) -> Callable[[str], str]:
    """Return a function from JSON output to the text of one member, found by its path."""

    def show(out: str) -> str:
        value = json.loads(out)
        for name in path:
            value = value[name]
        return str(value)

    return show


def command_text(command: list[str]) -> str:
    """Return a command line as a person would type it."""
    return " ".join(f"'{word}'" if " " in word else word for word in command)


def last_error_line(result: CommandResult) -> str:
    """Return the last line of a command's standard error; empty if it has none."""
    lines = [line for line in result.err.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""
