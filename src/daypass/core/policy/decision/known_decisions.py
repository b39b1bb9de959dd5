"""Decisions that were made before, for requests that cannot be decided otherwise.

A decision follows from the caller, the action, the resource, the compiled policies, and the values
of the condition keys that the policies asked for on the way. A request with all of these in common
has the same decision, whatever its other keys are. Compiled policies never change and are compared
as objects: a policy that was changed is another object, and its decisions are made anew.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.model import AuthorizationRequest, Decision, EffectivePolicies
from daypass.core.policy.language.patterns import RequestContext
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal

KNOWN_MAX = 4_096
"""Of how many questions decisions are kept; each keeps its policies alive."""
VARIANTS_MAX = 4
"""How many decisions about one question, by the values of condition keys, are kept."""
CHARACTERS_MAX = 2_048
"""The longest resource and values of condition keys, together, of a decision that is kept."""

Value = str | tuple[str, ...] | None
Question = tuple[Principal, str, str, str, EffectivePolicies]


class _KnownDecision(msgspec.Struct, frozen=True):
    """A decision, and the condition keys that were asked for with the values they had."""

    asked: tuple[tuple[str, Value], ...]
    decision: Decision


class KnownDecisions:
    """Decides as `decide` does, and keeps some decisions."""

    def __init__(self) -> None:
        self._known: dict[Question, list[_KnownDecision]] = {}

    def decide(self, request: AuthorizationRequest, policies: EffectivePolicies) -> Decision:
        """Return the decision on one action, one resource and one caller."""
        question = (
            request.principal,
            request.action,
            request.resource,
            request.resource_account,
            policies,
        )
        known = self._known.get(question)
        if known is not None:
            value_of = request.context.get
            for each in known:
                for key, value in each.asked:
                    if value_of(key) != value:
                        break
                else:
                    return each.decision
        return self._decide_and_keep(request, policies, question)

    def _decide_and_keep(
        self, request: AuthorizationRequest, policies: EffectivePolicies, question: Question
    ) -> Decision:
        noted = _NotedContext(request.context)
        asking = AuthorizationRequest(*question[:-1], noted)
        decision = decide(asking, policies)
        is_stranger = request.principal.kind in WITHOUT_ACCOUNT
        if is_stranger or noted.size + len(request.resource) > CHARACTERS_MAX:
            # Strangers ask what they like, and would displace what others need.
            return decision
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        variants = self._known.setdefault(question, [])
        if len(variants) >= VARIANTS_MAX:
            variants.clear()
        variants.append(_KnownDecision(tuple(noted.asked.items()), decision))
        return decision


class _NotedContext(Mapping[str, str | tuple[str, ...]]):
    """A request's context that notes the condition keys that are asked for, with their values."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self.asked: dict[str, Value] = {}

    @property
    def size(self) -> int:
        """Return the length of all keys that were asked for, and their values."""
        if not self.asked:
            return 0
        return sum(
            len(key) + (len(value) if isinstance(value, str) else sum(map(len, value or ())))
            for key, value in self.asked.items()
        )

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; `default` if the request has no such key."""
        value = self._context.get(key)
        self.asked[key] = value
        return default if value is None else value

    def __getitem__(self, key: str) -> str | tuple[str, ...]:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        found: str | tuple[str, ...] = value
        return found

    def __iter__(self) -> Iterator[str]:
        # Which keys there are would have to be part of what is compared.
        raise TypeError("a decision asks for condition keys by name")

    def __len__(self) -> int:
        raise TypeError("a decision asks for condition keys by name")
