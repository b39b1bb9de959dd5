"""May the caller do all that a request needs: one question after the other, the first refusal is the answer."""

from daypass.core.policy.combine import Decision, Request
from daypass.core.policy.refusal import refusal
from daypass.gate.errors import S3Error, denied
from daypass.gate.needs import Need
from daypass.services.kit.access import Circumstances, Question, ask
from daypass.services.kit.caller import Caller
from daypass.state.directory import Directory


class Judge:
    """Decides for one caller on one snapshot."""

    def __init__(self, caller: Caller, directory: Directory, circumstances: Circumstances) -> None:
        self.caller = caller
        self.directory = directory
        self.circumstances = circumstances

    def require(self, needs: tuple[Need, ...]) -> None:
        """Raise `S3Error` AccessDenied, in AWS's words, for the first need that is not allowed."""
        for need in needs:
            refused = self.refused(need)
            if refused is not None:
                raise refused

    def allows(self, *needs: Need) -> bool:
        """Say whether everything is allowed."""
        return all(self.refused(need) is None for need in needs)

    def refused(self, need: Need) -> S3Error | None:
        """Return the refusal of one need, nothing if it is allowed."""
        request, decision = self._ask(need)
        if decision.allowed:
            return None
        if request.principal.account != request.resource_account:
            return denied()
        words = refusal(request, decision)
        # S3 puts the resource in quotes.
        return denied(
            words.replace(f"resource: {need.resource}", f'resource: "{need.resource}"', 1)
        )

    def _ask(self, need: Need) -> tuple[Request, Decision]:
        question = Question(
            action=need.action,
            resource=need.resource,
            account=need.account or self.caller.account,
            keys=need.keys,
        )
        return ask(question, self.caller, self.directory, self.circumstances)
