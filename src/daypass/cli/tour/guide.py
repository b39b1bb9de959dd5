"""The guide of the tour: shows each step's command and its outcome, and remembers who takes part and what was learnt."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daypass.cli import output
from daypass.cli.tour.stage import CommandResult, Stage


@dataclass(slots=True)
class Guide:
    """Walks through the steps and remembers what was learnt on the way."""

    stage: Stage
    steps: int = 0
    unexpected_outcomes: list[str] = field(default_factory=list)
    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
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
        """Run a command as somebody; `expect` is the error code that must refuse it, empty for success."""
        self.steps += 1
        output.print_line("  ", output.Styled(who, dim=True), f" $ {command_text(command)}")
        result = self.stage.run(command, self.people.get(who, {}))
        said = last_error_line(result)
        as_expected = (expect in said) if expect else result.code == 0
        outcome = said if result.code else (show(result.out) if show else "done")
        mark, colour = ("✓", "green") if as_expected else ("✗", "red")
        word = "refused" if result.code else "ok"
        output.print_line("      ", output.Styled(f"{mark} {word}", fg=colour), f"  {outcome}")
        if not as_expected:
            wanted = f"refusal with {expect}" if expect else "success"
            self.unexpected_outcomes.append(
                f"`{command_text(command)}` should have ended in {wanted}"
            )
        return result

    def add_person(self, who: str, credentials: Mapping[str, str]) -> None:
        """Let somebody take part, with the three values that every AWS client reads from its environment."""
        self.people[who] = {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials.get("SessionToken", ""),
        }

    def file(self, name: str, document: object) -> str:
        """Write a document beside the story and return how the CLI names it."""
        (self.stage.directory / name).write_text(json.dumps(document))
        return f"file://{name}"


def command_text(command: list[str]) -> str:
    """Return a command as a person would type it."""
    return " ".join(f"'{word}'" if " " in word else word for word in command)


def last_error_line(result: CommandResult) -> str:
    """Return the last thing that a command complained of."""
    lines = [line for line in result.err.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""
