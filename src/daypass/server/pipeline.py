"""The life of a request: identify, authenticate, parse, validate, authorize, run, serialize, record.

`handle` is synchronous, goes in steps and touches nothing outside memory. Where an operation staged changes it returns a `Staged`, and
whoever called commits them with their event and hands the result to `committed`, or runs `handle` again if what the run has read was
stale: who asked, whether they may and what they change is all still so when it is committed.
"""

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from daypass.core import faults
from daypass.core.audit_records.parameters import issued, shown
from daypass.core.audit_records.texts import clean
from daypass.core.guesses import Guess
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import Settings
from daypass.core.policy.principal import Kind
from daypass.core.sessions.reach import barred
from daypass.core.steady_time import Moment
from daypass.server.authority.event import Event
from daypass.server.authority.guesses import Guesses
from daypass.server.authority.prove import Claimed, Prover
from daypass.server.authority.rates import Rates
from daypass.server.authority.refusals import Refusals
from daypass.server.metrics import Metrics
from daypass.services.kit import operation as kit
from daypass.services.kit.caller import ANONYMOUS, Caller
from daypass.services.kit.context import Context
from daypass.services.kit.in_force import prepared
from daypass.services.kit.question import Circumstances
from daypass.services.kit.recorded import resources, session_of, told
from daypass.state.changes import Changes
from daypass.state.directory import Directory
from daypass.state.recording import Recording
from daypass.state.usage import LastUse, Usage
from daypass.wire.catalog import Catalog, OperationModel
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.paginate import Steps
from daypass.wire.refusal import error_response

Entropy = Callable[[int], bytes]


@dataclass(slots=True)
class Progress:
    """What is known of one request so far; the audit record is made from it."""

    request: HttpRequest
    request_id: str
    moment: Moment
    directory: Recording | None = None
    """What is known, and what this run has read of it."""
    operation: OperationModel | None = None
    built: kit.Operation | None = None
    claimed: Claimed | None = None
    """What the request says of itself."""
    caller: Caller | None = None
    context: Context | None = None
    resource: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The operation's input, once it is parsed."""
    issued: Mapping[str, Any] = field(default_factory=dict)
    """The answer of a call that issued a credential or changed something."""
    guess: Guess | None = None
    """The guess at a one-time code that the request is: counted once, however often it runs again."""
    is_again: bool = False
    """Whether the request has been run before: it is the same call."""

    @property
    def time(self) -> float:
        """Return when the request came, by the wall clock, in seconds since 1970."""
        return self.moment.wall


@dataclass(slots=True)
class Staged:
    """A request that has its answer, in bytes, and its event, if its changes can be committed."""

    progress: Progress
    changes: Changes
    response: HttpResponse
    event: Event


@dataclass(slots=True)
class Done:
    """A request that has its answer."""

    response: HttpResponse
    event: Event
    issues: bool = False
    """Whether the answer holds a credential: it may not leave unrecorded."""
    is_recorded: bool = False
    """Whether the event was committed together with a change."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A request with a one-time code that nobody may look at before the guess is counted."""

    progress: Progress
    subject: str


@dataclass(frozen=True, slots=True)
class Outdated:
    """A request that is refused by what is known here, while others are known to know more."""

    progress: Progress


class _NotCounted(Exception):
    """The run has come to a one-time code of a subject, and the guess is not counted yet."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject


class Pipeline:
    """Answers requests from the snapshot of the moment."""

    def __init__(  # noqa: PLR0913 - what it is made of, handed over together
        self,
        catalog: Catalog,
        operations: Mapping[str, Mapping[str, kit.Operation]],
        *,
        prover: Prover,
        refusals: Refusals,
        snapshot: Callable[[], Directory],
        keyring: Callable[[], KeyRing],
        usage: Usage,
        clock: Callable[[], Moment],
        monotonic: Callable[[], float],
        entropy: Entropy,
        metrics: Metrics,
        rates: Rates,
        guesses: Guesses,
        settings: Settings,
        is_behind: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take its parts; `is_behind` says whether others know of a commit that the snapshot lacks."""
        self._catalog = catalog
        self._operations = operations
        self._refusals = refusals
        self._snapshot = snapshot
        self._keyring = keyring
        self._usage = usage
        self._clock = clock
        self._monotonic = monotonic
        self._entropy = entropy
        self._metrics = metrics
        self._prover = prover
        self._guesses = guesses
        self._rates = rates
        self._settings = settings
        self._is_behind = is_behind

    def has_path(self, raw_path: bytes) -> bool:
        """Say whether any operation has that path."""
        return self._catalog.has_path(raw_path)

    def handle(
        self, request: HttpRequest, before: Progress | None = None
    ) -> Generator[None, None, Done | Staged | Uncounted | Outdated]:
        """Answer a request, or say what has to be committed, counted or found out first.

        `before` is its run until then, or on a stale snapshot.

        Nearly every request is one step. What may be long has several, between which others may have the event loop.
        """
        progress = Progress(request, self._request_id(), self._clock())
        if before is not None:
            progress.guess, progress.is_again = before.guess, True
        try:
            answer = yield from self._run(progress)
        except _NotCounted as code:
            return Uncounted(progress, code.subject)
        except WireFault as fault:
            return self._refused(progress, fault.code, fault.message, status=fault.status)
        except faults.Fault as fault:
            if before is None and self._is_behind():
                return Outdated(progress)
            return self.refuse(progress, fault)
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, never shown
            return self.broken(progress, error)
        return self._answered(progress, answer)

    def _answered(self, progress: Progress, answer: dict[str, Any]) -> Done | Staged:
        """Serialize an answer before anything is committed, so that `ok` in its event is final."""
        operation, context, directory = progress.operation, progress.context, progress.directory
        built = progress.built
        assert built is not None  # noqa: S101 - only an operation that is built answers
        assert operation is not None  # noqa: S101 - only a run that was identified answers
        assert context is not None  # noqa: S101 - the same
        assert directory is not None  # noqa: S101 - the same
        try:
            response = operation.serialize(answer, progress.request_id)
        except Exception as error:  # noqa: BLE001 - the same last door
            return self.broken(progress, error)
        issues = bool(built.issues)
        if context.changes or issues:
            progress.issued = answer
        event = self._event(progress, "ok", "")
        if context.changes:
            # Bound when the answer is in bytes: an answer that is made while it is written reads too.
            return Staged(progress, directory.bound(context.changes), response, event)
        self._succeeded(progress, context, event)
        return Done(response, event, issues=issues)

    def committed(self, staged: Staged) -> Done:
        """Return the answer to a request whose changes are durable, with their event."""
        context = staged.progress.context
        assert context is not None  # noqa: S101 - what is staged was run
        self._succeeded(staged.progress, context, staged.event)
        return Done(staged.response, staged.event, is_recorded=True)

    def _succeeded(self, progress: Progress, context: Context, event: Event) -> None:
        self._metrics.count(event.service, event.operation, event.outcome)
        self._note_uses(progress, context)
        if progress.guess is not None:
            self._guesses.forget(progress.guess.subject)

    def refuse(self, progress: Progress, fault: faults.Fault) -> Done:
        """Answer a fault in the words of the service that was asked."""
        operation = progress.operation
        done = self._refused(
            progress,
            self._refusals.code(fault, operation.service if operation else None),
            fault.message,
            operator=fault.operator,
            details=self._refusals.details(fault, operation),
            reasons=fault.reasons if isinstance(fault, faults.Denied) else "",
        )
        self._judged(progress, fault)
        return done

    def count(self, code: Uncounted) -> "Future[Guess]":
        """Count a guess; the future is done when it is durable. It raises `Throttled`, as this does, if the guess has to wait."""
        return self._guesses.count(code.subject, int(code.progress.moment.steady))

    def _judged(self, progress: Progress, fault: faults.Fault) -> None:
        """Count a guess no more whose code nobody looked at; one that was looked at stays counted, right or wrong."""
        guess, context = progress.guess, progress.context
        was_right = context is not None and bool(context.changes.tickets)
        if guess is not None and not was_right and not isinstance(fault, faults.WrongCode):
            self._guesses.take_back(guess)

    def broken(self, progress: Progress, error: Exception) -> Done:
        """Answer a failure of our own: its name goes to the operator, nothing of it to the caller."""
        service = progress.operation.service if progress.operation else None
        code = self._refusals.failure(service)
        words = "The request processing has failed because of an unknown error."
        # A guess stays counted: nobody knows whether its code was looked at.
        return self._refused(
            progress, code, words, status=500, operator=f"{type(error).__name__} at {_place(error)}"
        )

    # The steps.

    def _run(self, progress: Progress) -> Steps:
        request = progress.request
        claimed = progress.claimed = self._prover.claimed(request)
        call = yield from self._catalog.identify(request, claimed.service if claimed else None)
        wire = progress.operation = call.operation
        directory = progress.directory = Recording(self._snapshot())
        built = progress.built = self._operations.get(wire.service.name, {}).get(wire.name)
        if built is None and wire.auth != "v4":
            raise _unbuilt(wire)
        proof = self._prover.prove(
            built.scheme if built else kit.SIGV4,
            request,
            claimed,
            directory=directory,
            service=wire.service,
            moment=progress.moment,
        )
        caller = progress.caller = proof.caller or ANONYMOUS
        # Whoever it is by any name: a role's sessions share its allowance, and a user's sessions share the user's guesses.
        subject = caller.record.unique_id if caller.record else caller.account
        if not progress.is_again:
            self._rates.check(subject, self._monotonic())
        if built is None:
            raise _unbuilt(wire)
        yield from prepared(caller, directory)
        params = progress.params = call.parse()
        wire.validate(params)
        if built.unread:
            built.check_read(params)
        context = progress.context = self._context(progress, directory, caller)
        if built.codes and progress.guess is None and any(name in params for name in built.codes):
            raise _NotCounted(subject)
        self._authorize(wire, built, progress, params)
        if "Tags" in params:
            yield from directory.prepare_tag_policy(caller.account)
        found = built.handler(context, params)
        # What goes over many things says between two of them that others may have the event loop.
        answer: dict[str, Any] = (yield from found) if isinstance(found, Generator) else found or {}
        if wire.paginator is None:
            return answer
        keys = context.keyring.mac_keys("page marker")
        return (yield from wire.paged(answer, params, account=caller.account, keys=keys))

    def _authorize(
        self, wire: OperationModel, built: kit.Operation, progress: Progress, params: dict[str, Any]
    ) -> None:
        context, caller = progress.context, progress.caller
        assert context is not None  # noqa: S101 - made a line before
        assert caller is not None  # noqa: S101 - the same
        reason = barred(
            caller.session,
            is_root=caller.principal.kind is Kind.ROOT,
            service=wire.service.name,
            operation=wire.name,
        )
        if reason:
            raise faults.Denied(reason)
        if built.on is None:
            return
        located = built.on(context, params)
        targets = (located,) if isinstance(located, kit.Target) else tuple(located)
        progress.resource = targets[0].arn
        own = f"{wire.service.action_prefix}:{wire.name}"
        for target in targets:
            context.authorize(
                target.action or own,
                on=target.arn,
                account=target.account,
                keys=target.keys,
                policy=target.policy,
                policy_owner=target.policy_owner,
            )

    def _context(self, progress: Progress, directory: Directory, caller: Caller) -> Context:
        request, claimed = progress.request, progress.claimed
        assert claimed is not None  # noqa: S101 - a proved caller claimed something
        return Context(
            directory=directory,
            caller=caller,
            circumstances=Circumstances(
                now=int(progress.moment.wall),
                lead=progress.moment.lead,
                source_ip=request.client,
                secure=request.secure,
                region=claimed.region,
                user_agent=_header(request, b"user-agent"),
                referer=_header(request, b"referer"),
            ),
            entropy=self._entropy,
            keyring=self._keyring(),
            usage=self._usage,
            settings=self._settings,
            request_id=progress.request_id,
        )

    # Around the steps.

    def _request_id(self) -> str:
        digits = self._entropy(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _note_uses(self, progress: Progress, context: Context) -> None:
        claimed, operation = progress.claimed, progress.operation
        assert claimed is not None  # noqa: S101 - a finished request was proved
        assert operation is not None  # noqa: S101 - and identified
        use = LastUse(context.now, operation.service.action_prefix, claimed.region)
        if context.caller.session is None:
            self._usage.note(context.caller.access_key_id, use)
        for thing in context.used:
            self._usage.note(thing, use)

    def _refused(
        self,
        progress: Progress,
        code: str,
        message: str,
        *,
        status: int | None = None,
        operator: str = "",
        details: Mapping[str, str] = MappingProxyType({}),
        reasons: str = "",
    ) -> Done:
        service = progress.operation.service if progress.operation else None
        response = error_response(
            service, code, message, progress.request_id, status=status, details=details
        )
        event = self._event(progress, code, operator or message, reasons)
        self._metrics.count(event.service, event.operation, event.outcome)
        return Done(response, event)

    def _event(self, progress: Progress, outcome: str, message: str, reasons: str = "") -> Event:
        operation, caller, claimed = progress.operation, progress.caller, progress.claimed
        context = progress.context
        service = operation.service.name if operation else ""
        name = operation.name if operation else ""
        decisions = context.decisions if context else ()
        resource = progress.resource or (decisions[0].resource if decisions else "")
        return Event(
            time=progress.time,
            request=progress.request_id,
            service=service,
            operation=name,
            account=caller.account if caller else "",
            principal=caller.principal.arn if caller else "",
            key=clean(claimed.credential_id) if claimed else "",
            source=progress.request.client or "unknown",
            agent=clean(_header(progress.request, b"user-agent")),
            resource=clean(resource),
            outcome=outcome,
            message=clean(message),
            decisions=told(decisions),
            reasons=reasons,
            revision=context.directory.revision if context else 0,
            region=clean(claimed.region) if claimed else "",
            principal_id=caller.user_id if caller else "",
            session=session_of(caller),
            parameters=shown(progress.params, operation.secret_parameters) if operation else {},
            response=issued(progress.issued, operation.secret_results) if operation else {},
            resources=tuple(map(clean, resources(decisions, resource))),
        )


def _unbuilt(wire: OperationModel) -> WireFault:
    return WireFault(
        "NotImplemented",
        f"{wire.service.name}:{wire.name} is not implemented yet.",
        status=501,
    )


def _header(request: HttpRequest, name: bytes) -> str:
    for known, value in request.headers:
        if known == name:
            return value.decode("latin-1")
    return ""


def _place(error: Exception) -> str:
    """Return the file and line where an exception was raised, for the operator."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/daypass/')[2]}:{trace.tb_lineno}"
