"""What a run may need that is not in the snapshot: another issuer's keys, a revocation list, the verdict of a slow hash.

A run names the fact (`ctx.fact(Jwks(issuer))`). If it is not known yet, the run ends there,
somebody else finds it out, and the run begins again with it. A fact is a frozen dataclass of the
values that it judges: equal ones are one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from daypass.core.faults import Fault

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ExternalFact(ABC, Generic[T_co]):
    """A fact that belongs to one call, like the verdict about a password: it is found out for that call, and never kept."""

    __slots__ = ()

    @abstractmethod
    async def fetch(self) -> T_co:
        """Return the fact; raises a `Fault` where the answer is no.

        It waits as long as it likes: whoever asks bounds that.
        """


class CachedFact(ExternalFact[T_co]):
    """A fact that all calls share, like an issuer's keys: one flight finds it out, and it is kept for a time.

    Whoever calls may be nobody yet: `find` bounds how many bytes it takes, and asks only whom an
    administrator has named.
    """

    __slots__ = ()
    cache_seconds: ClassVar[float]
    """How long a fact that was found is kept."""
    refusal_cache_seconds: ClassVar[float]
    """How long it is kept that the answer was no, or that none came in time."""


@dataclass(frozen=True, slots=True)
class FactOutcome:
    """What became of a fact: its value, or the fault that it ended with."""

    value: Any = None
    fault: Fault | None = None


KnownFacts = Mapping[ExternalFact[Any], FactOutcome]


def look_up_fact(fact: ExternalFact[T], known: KnownFacts) -> T:
    """Return a fact; raises the fault that it ended with, and `FactNeeded` where it is not known yet."""
    found = known.get(fact)
    if found is None:
        raise FactNeeded(fact)
    if found.fault is not None:
        raise found.fault
    return cast("T", found.value)


class FactNeeded(Exception):
    """A run has come to a fact that is not known yet."""

    def __init__(self, fact: ExternalFact[Any]) -> None:
        super().__init__(fact)
        self.fact = fact
