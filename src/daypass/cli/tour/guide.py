"""The guide of the tour: shows each step's command and its outcome, and remembers who takes part and what was learnt."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daypass.cli import output
from daypass.cli.tour.stage import Ran, Stage


@dataclass(slots=True)
class Guide:
    """Walks through the steps and remembers what was learnt on the way."""

    stage: Stage
    steps: int = 0
    surprises: list[str] = field(default_factory=list)
    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        output.line("")
        output.line(output.Styled(title, bold=True))

    def step(
        self,
        who: str,
        command: list[str],
        *,
        expect: str = "",
        show: Callable[[str], str] | None = None,
    ) -> Ran:
        """Run a command as somebody; `expect` is the error code that must refuse it, empty for success."""
        self.steps += 1
        output.line("  ", output.Styled(who, dim=True), f" $ {shown(command)}")
        ran = self.stage.run(command, self.people.get(who, {}))
        said = error(ran)
        as_expected = (expect in said) if expect else ran.code == 0
        outcome = said if ran.code else (show(ran.out) if show else "done")
        mark, colour = ("✓", "green") if as_expected else ("✗", "red")
        word = "refused" if ran.code else "ok"
        output.line("      ", output.Styled(f"{mark} {word}", fg=colour), f"  {outcome}")
        if not as_expected:
            wanted = f"refusal with {expect}" if expect else "success"
            self.surprises.append(f"`{shown(command)}` should have ended in {wanted}")
        return ran

    def meet(self, who: str, credentials: Mapping[str, str]) -> None:
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


def shown(command: list[str]) -> str:
    """Return a command as a person would type it."""
    return " ".join(f"'{word}'" if " " in word else word for word in command)


def error(ran: Ran) -> str:
    """Return the last thing that a command complained of."""
    lines = [line for line in ran.err.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""
