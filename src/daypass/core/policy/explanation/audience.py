"""The readers of an explanation, and the parts of it that are for them."""

from collections.abc import Callable
from dataclasses import dataclass

from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.explain import LayerEvaluation


@dataclass(frozen=True, slots=True)
class Audience:
    """The readers of an explanation: which kinds of policy and condition keys they may read."""

    may_read_layer: Callable[[Layer], bool] = lambda _layer: True
    may_read_key: Callable[[str], bool] = lambda _key: True
    statements_max: int | None = None
    """How many statements are included; None for all.

    First those that apply, then those that cover the action.
    """
    characters_max: int | None = None
    """How long the documents parsed for line numbers may be, together; None for any length."""

    def may_read(self, evaluation: LayerEvaluation) -> bool:
        """Return whether the policies of an evaluation are for this audience."""
        return self.may_read_layer(evaluation.layer)


UNRESTRICTED = Audience()
"""May read everything: the policies are their own, or they run the authority."""
