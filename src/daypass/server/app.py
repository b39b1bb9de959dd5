"""The composition root: makes an authority from its parts, once per server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationSettings
from daypass.core.sources import Entropy
from daypass.server import clock, limits
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.answer import Answerer
from daypass.server.authority.error_codes import ErrorCodes
from daypass.server.authority.facts import FactFinder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.prove import Prover
from daypass.server.authority.rates import RateLimiter
from daypass.server.authority.run import CallRunner
from daypass.server.authority.scheme_registry import make_prover
from daypass.server.authority.settle import Settler
from daypass.server.authority.unauthenticated import UNAUTHENTICATED
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.health.readiness import Readiness
from daypass.server.http.api import Api
from daypass.server.http.asgi import Application, GateApplication
from daypass.server.http.overload.early_refusals import EarlyRefusals
from daypass.server.other_workers import NoOtherWorkers, OtherWorkers
from daypass.services.kit.operation import DeclaredOperation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.state.committer import Committer
from daypass.state.last_uses import LastUses
from daypass.state.steady_clock import SteadyClock
from daypass.wire.catalog import Catalog, load_catalog


@dataclass(frozen=True, slots=True)
class Authority:
    """The parts of an authority that the server, its commands and tests use after it is made."""

    application: Application
    api: Api
    runner: CallRunner
    answerer: Answerer
    catalog: Catalog
    committer: Committer
    settler: Settler
    recorder: Recorder
    metrics: Metrics
    readiness: Readiness
    early_refusals: EarlyRefusals


@dataclass(frozen=True, slots=True)
class BuiltServices:
    """Services with their models and operations, which are the same for each worker of a server."""

    services: Sequence[Service]
    catalog: Catalog
    operations: Mapping[str, Mapping[str, DeclaredOperation]]


def build_services(services: Sequence[Service] = SERVICES) -> BuiltServices:
    """Return services with their models and operations.

    Raises `LookupError` for a service that its model contradicts.
    """
    catalog = load_catalog(services)
    return BuiltServices(services, catalog, operations_by_service(catalog, services))


def operations_by_service(
    catalog: Catalog, services: Iterable[Service] = SERVICES
) -> dict[str, dict[str, DeclaredOperation]]:
    """Return every implemented operation, by service and by AWS's name of it.

    Raises `LookupError` for an operation that its service's model contradicts.
    """
    return {each.name: each.built_operations(catalog.services[each.name]) for each in services}


def assemble_authority(  # noqa: PLR0913 - the composition root
    *,
    committer: Committer,
    keyring: Callable[[], KeyRing],
    usage: LastUses,
    recorder: Recorder,
    guesses: GuessCounter,
    rates: RateLimiter | None = None,
    settings: OrganizationSettings | None = None,
    clocks: SteadyClock | None = None,
    entropy: Entropy = clock.entropy,
    gate: Callable[["SharedParts"], GateApplication] | None = None,
    services: Sequence[Service] = SERVICES,
    built: BuiltServices | None = None,
    others: OtherWorkers | None = None,
) -> Authority:
    """Return an authority over open data.

    `gate` makes the gate from the parts that it shares with the API; None for no gate. `built` are
    the services if they were built before; `others` are the other workers on the same data; None
    for none. Raises `LookupError` for a service that its model contradicts.
    """
    others = others or NoOtherWorkers()
    built = built or build_services(services)
    catalog, operations = built.catalog, built.operations
    clocks = clocks or SteadyClock(clock.wall, clock.monotonic)
    metrics, readiness = Metrics(), Readiness()
    _register_gauges(metrics, readiness, committer)
    prover = make_prover(keyring)
    prover.check_operations(operations, UNAUTHENTICATED)
    committer.on_events = recorder.add_commits
    settler = Settler(committer, recorder, others)
    parts = SharedParts(
        committer=committer,
        keyring=keyring,
        usage=usage,
        settler=settler,
        recorder=recorder,
        metrics=metrics,
        readiness=readiness,
        clocks=clocks,
        entropy=entropy,
        others=others,
        prover=prover,
    )
    runner = _make_runner(parts, operations, guesses=guesses, rates=rates, settings=settings)
    answerer = _make_answerer(parts, runner, guesses, ErrorCodes(catalog, built.services))
    api = Api(catalog, answerer, entropy=entropy)
    early_refusals = EarlyRefusals(catalog, entropy=entropy, has_gate=gate is not None)
    application = _make_application(parts, api, early_refusals, gate(parts) if gate else None)
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
        early_refusals,
    )


def _make_application(
    parts: "SharedParts", api: Api, early_refusals: EarlyRefusals, gate: GateApplication | None
) -> Application:
    return Application(
        api,
        parts.metrics,
        early_refusals,
        clock=clock.monotonic,
        readiness=parts.readiness,
        gate=gate,
        others=parts.others,
    )


def _make_runner(
    parts: "SharedParts",
    operations: Mapping[str, Mapping[str, DeclaredOperation]],
    *,
    guesses: GuessCounter,
    rates: RateLimiter | None,
    settings: OrganizationSettings | None,
) -> CallRunner:
    return CallRunner(
        operations,
        prover=parts.prover,
        snapshot=lambda: parts.committer.directory,
        keyring=parts.keyring,
        usage=parts.usage,
        clock=parts.clocks.moment,
        monotonic=parts.clocks.monotonic,
        entropy=parts.entropy,
        rates=rates or RateLimiter(limits.CALLS_PER_SECOND),
        guesses=guesses,
        settings=settings or OrganizationSettings(),
    )


def _make_answerer(
    parts: "SharedParts", runner: CallRunner, guesses: GuessCounter, error_codes: ErrorCodes
) -> Answerer:
    return Answerer(
        runner,
        parts.settler,
        parts.recorder,
        facts=FactFinder(monotonic=parts.clocks.monotonic),
        guesses=guesses,
        error_codes=error_codes,
        metrics=parts.metrics,
        usage=parts.usage,
        others=parts.others,
        monotonic=parts.clocks.monotonic,
    )


def _register_gauges(metrics: Metrics, readiness: Readiness, committer: Committer) -> None:
    """Add gauges: whether the server is ready, and the revision that it answers from."""
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
class SharedParts:
    """The parts of an authority that the gate uses together with the API."""

    committer: Committer
    keyring: Callable[[], KeyRing]
    usage: LastUses
    settler: Settler
    recorder: Recorder
    metrics: Metrics
    readiness: Readiness
    clocks: SteadyClock
    entropy: Entropy
    others: OtherWorkers
    prover: Prover
    """The prover of every door; its schemes cache derived keys."""
