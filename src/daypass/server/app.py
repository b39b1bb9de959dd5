"""The composition root: everything that a server is made of, put together once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import Settings
from daypass.core.sources import Entropy
from daypass.server import clock, limits
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.answer import Answerer
from daypass.server.authority.error_codes import Refusals
from daypass.server.authority.facts import Facts
from daypass.server.authority.guesses import Guesses
from daypass.server.authority.known_schemes import prover
from daypass.server.authority.prove import Prover
from daypass.server.authority.rates import Rates
from daypass.server.authority.run import Runner
from daypass.server.authority.settle import Settler
from daypass.server.authority.unauthenticated import UNAUTHENTICATED
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.health.readiness import Readiness
from daypass.server.http.api import Api
from daypass.server.http.asgi import Application, Gate
from daypass.server.http.crowds.shapes import Shapes
from daypass.server.others import Alone, Others
from daypass.services.kit.operation import Operation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.state.commits import Committer
from daypass.state.steady_clock import SteadyClock
from daypass.state.usage import Usage
from daypass.wire.catalog import Catalog, load


@dataclass(frozen=True, slots=True)
class Authority:
    """A running authority: what tests, commands and the ASGI server hold on to."""

    application: Application
    api: Api
    runner: Runner
    answerer: Answerer
    catalog: Catalog
    committer: Committer
    settler: Settler
    recorder: Recorder
    metrics: Metrics
    readiness: Readiness
    shapes: Shapes


def operations(
    catalog: Catalog, services: Iterable[Service] = SERVICES
) -> dict[str, dict[str, Operation]]:
    """Return every operation that is built, by service and AWS's name; raises the `LookupError` of a wrong description."""
    return {each.name: each.operations(catalog.services[each.name]) for each in services}


def assemble(  # noqa: PLR0913 - what a server is made of
    *,
    committer: Committer,
    keyring: Callable[[], KeyRing],
    usage: Usage,
    recorder: Recorder,
    guesses: Guesses,
    rates: Rates | None = None,
    settings: Settings | None = None,
    clocks: SteadyClock | None = None,
    entropy: Entropy = clock.entropy,
    gate: Callable[["Parts"], Gate] | None = None,
    services: Sequence[Service] = SERVICES,
    others: Others | None = None,
) -> Authority:
    """Put an authority together over a state that is open; `gate` makes the gate from the same parts.

    `others` answer requests from the same data. Raises `LookupError` for a service whose description its model contradicts.
    """
    others = others or Alone()
    catalog = load(services)
    clocks = clocks or SteadyClock(clock.wall, clock.monotonic)
    metrics, readiness = Metrics(), Readiness()
    _show(metrics, readiness, committer)
    built = operations(catalog, services)
    proving = prover(keyring)
    proving.check(built, UNAUTHENTICATED)
    runner = Runner(
        built,
        prover=proving,
        snapshot=lambda: committer.directory,
        keyring=keyring,
        usage=usage,
        clock=clocks.moment,
        monotonic=clocks.monotonic,
        entropy=entropy,
        rates=rates or Rates(limits.CALLS_PER_SECOND),
        guesses=guesses,
        settings=settings or Settings(),
    )
    committer.tell = recorder.add_commits
    settler = Settler(committer, recorder, others)
    parts = Parts(
        committer, keyring, usage, settler, recorder, metrics, readiness, clocks, entropy, others,
        proving,
    )  # fmt: skip
    answerer = _answerer(parts, runner, guesses, Refusals(catalog, services))
    api = Api(catalog, answerer, entropy=entropy)
    shapes = Shapes(catalog, entropy=entropy, has_gate=gate is not None)
    application = Application(
        api,
        metrics,
        shapes,
        clock=clock.monotonic,
        readiness=readiness,
        gate=gate(parts) if gate else None,
        others=others,
    )
    return Authority(
        application,
        api,
        runner,
        answerer,
        catalog,
        committer,
        settler,
        recorder,
        metrics,
        readiness,
        shapes,
    )


def _answerer(parts: "Parts", runner: Runner, guesses: Guesses, refusals: Refusals) -> Answerer:
    """Return what answers the calls of every door."""
    return Answerer(
        runner,
        parts.settler,
        parts.recorder,
        facts=Facts(monotonic=parts.clocks.monotonic),
        guesses=guesses,
        refusals=refusals,
        metrics=parts.metrics,
        usage=parts.usage,
        others=parts.others,
        monotonic=parts.clocks.monotonic,
    )


def _show(metrics: Metrics, readiness: Readiness, committer: Committer) -> None:
    """Show whether the server is ready, and how far it is."""
    metrics.add_labelled_gauge(
        "daypass_ready",
        "1 while a condition of /readyz holds.",
        Aggregation.MIN,
        "condition",
        readiness.condition_values,
    )
    metrics.add_gauge(
        "daypass_directory_revision",
        "Revision of the log that answers are made from.",
        Aggregation.MIN,
        lambda: committer.directory.revision,
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """What the gate shares with the API."""

    committer: Committer
    keyring: Callable[[], KeyRing]
    usage: Usage
    settler: Settler
    recorder: Recorder
    metrics: Metrics
    readiness: Readiness
    clocks: SteadyClock
    entropy: Entropy
    others: Others
    prover: Prover
    """The one that proves for every door, with what it has derived."""
