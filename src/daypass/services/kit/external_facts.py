"""Facts that an operation needs from outside the snapshot, such as an issuer's keys.

An operation names the fact (`ctx.fact(Jwks(issuer))`). If it has not been fetched, the run ends
there, `server.authority.facts` fetches it, and the operation runs again. A fact is a frozen
dataclass of the values that identify it: equal instances are the same fact.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from daypass.core.faults import Fault

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ExternalFact(ABC, Generic[T_co]):
    """A fact of one call, such as the verdict of a slow password hash: never cached."""

    __slots__ = ()

    @abstractmethod
    async def fetch(self) -> T_co:
        """Return the fact; raises a `Fault` if the answer is no.

        The caller bounds how long it may take.
        """


class CachedFact(ExternalFact[T_co]):
    """A fact that all calls share, such as an issuer's keys: fetched once, and cached for a time.

    The caller may be unauthenticated: `fetch` bounds how many bytes it reads, and connects only to
    hosts that an administrator has configured.
    """

    __slots__ = ()
    cache_seconds: ClassVar[float]
    """How long a fetched fact is cached."""
    refusal_cache_seconds: ClassVar[float]
    """How long it is cached that the answer was no, or did not come in time."""


@dataclass(frozen=True, slots=True)
class FactOutcome:
    """The outcome of fetching a fact: its value, or the fault that the fetch ended with."""

    value: Any = None
    fault: Fault | None = None


KnownFacts = Mapping[ExternalFact[Any], FactOutcome]
"""The outcomes of the facts that were fetched for a call."""


def look_up_fact(fact: ExternalFact[T], known_facts: KnownFacts) -> T:
    """Return a fact's value; raises the fault that its fetch ended with.

    Raises `FactNeeded` if the fact has not been fetched.
    """
    outcome = known_facts.get(fact)
    if outcome is None:
        raise FactNeeded(fact)
    if outcome.fault is not None:
        raise outcome.fault
    return cast("T", outcome.value)


class FactNeeded(Exception):
    """A run needs a fact that has not been fetched."""

    def __init__(self, fact: ExternalFact[Any]) -> None:
        super().__init__(fact)
        self.fact = fact
