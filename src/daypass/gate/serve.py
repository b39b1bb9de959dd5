"""One S3 request, from the first header to the last byte: framed, proved, decided, written down, and only then carried out."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import aiohttp

from daypass.core.faults import ONE_MECHANISM, Fault
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest
from daypass.core.policy.language.principal import PrincipalKind
from daypass.gate import allowed, audit_record, forward, preflight
from daypass.gate.authenticate import UNSIGNED, prove
from daypass.gate.authority import AuditRecord, Claimed
from daypass.gate.body import framing, pace
from daypass.gate.body.verified import Verified
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.object_facts import Facts
from daypass.gate.exchange import Asked, KeyOutcome, Receive, Scope, peer_of
from daypass.gate.forms import form_upload
from daypass.gate.gather import gather
from daypass.gate.operations.table import resolve
from daypass.gate.parts import Gate
from daypass.gate.protocol import errors, store_errors
from daypass.gate.protocol.errors import S3Error, from_fault
from daypass.gate.protocol.reply import Reply, Send
from daypass.gate.request.resolved import Resolved
from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.caller import Caller
from daypass.services.kit.effective_policies import compile_in_steps

_SERVER_ERROR = 500
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


def _nobody_asks() -> None:
    """Stand for a server that does not ask which connections proved somebody, or which answers have no end."""


async def serve(gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request for the gate."""
    await Exchange(gate, scope, receive, send).run()


class Exchange:
    """One request and its answer."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._unpaced = receive
        self._receive = pace.receiving(receive, gate.authority.monotonic)
        state = scope.get("state", {})
        self._prove = state.get("prove", _nobody_asks)
        self._break_off = state.get("break_off", _nobody_asks)
        self._directory = gate.authority.snapshot()
        self._peer = peer_of(scope)
        self._raw = RawRequest(
            scope["method"],
            scope["raw_path"],
            scope["query_string"],
            normalization.normalize_headers(tuple(scope["headers"])),
        )
        self._reply = Reply(
            pace.sending(send, gate.authority.monotonic),
            "".join(_LETTERS[byte & 31] for byte in gate.authority.entropy(16)),
        )
        # What is known so far, for the audit log.
        self._claimed: Claimed | None = None
        self._resolved: Resolved | None = None
        self._caller: Caller | None = None
        self._upload: Verified | None = None
        self._facts: Facts | None = None
        self._decisions: list[AuditedDecision] = []
        self._has_read_all = not self._peer.has_body

    async def run(self) -> None:
        """Answer; whatever goes wrong becomes a refusal, or a closed connection once bytes have gone out."""
        try:
            await self._answer()
        except S3Error as error:
            await self._refuse(error)
        except Fault as fault:
            await self._refuse(from_fault(fault, self._claimed, region=self._gate.rules.region))
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            await self._refuse(store_errors.cut(error))
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, never shown
            await self._refuse(
                S3Error("InternalError", store_errors.INTERNAL, operator=type(error).__name__)
            )

    async def _answer(self) -> None:
        gate, peer = self._gate, self._peer
        if peer.framing.get("expect", "100-continue").lower() != "100-continue":
            raise S3Error("ExpectationFailed", "The only expectation is 100-continue.", close=True)
        if self._raw.method == "OPTIONS":
            await preflight.answer(gate, self._directory, self._raw, self._reply)
            return
        claimed = self._claimed = gate.authority.claimed(self._raw)
        resolved = self._resolved = resolve(self._raw, claimed, gate.rules)
        if resolved.row.body == "form":
            await self._answer_form(resolved)
            return
        proved = prove(
            resolved,
            claimed,
            directory=self._directory,
            rules=gate.rules,
            moment=gate.authority.moment(),
        )
        self._caller = proved.caller
        if claimed is not None:
            self._prove()
        upload = self._upload = framing.announced(
            resolved, proved, peer.framing, gate.rules, secure=peer.is_secure
        )
        asked = Asked(
            gate,
            self._directory,
            peer,
            resolved,
            proved,
            upload,
            self._receive,
            gate.steady(),
            request=self._reply.id,
            decisions=self._decisions,
            record_keys=self._record_keys,
        )
        await _prepare(asked)
        allowed.beforehand(asked)
        is_kept = resolved.row.body in {"xml", "json"}
        account = proved.caller.account
        with gate.documents.taken(account, upload.length) if is_kept else nullcontext():
            # A small body may have been long in coming: it is decided by what holds when it is
            # there.
            await self._carry_out(*await self._decided(asked, await gather(asked)))

    async def _answer_form(self, resolved: Resolved) -> None:
        """Answer a browser's form: decided on before its file is read, and again once the file is here."""
        gate, peer = self._gate, self._peer
        if self._claimed is not None:
            raise S3Error("InvalidArgument", ONE_MECHANISM)
        framing.check_binding(UNSIGNED, gate.rules, secure=peer.is_secure)
        form = await form_upload.read(gate, self._directory, peer, resolved, self._receive)
        self._claimed, self._caller = form.proved.claimed, form.proved.caller
        self._resolved = form.resolved
        self._prove()
        waiting = form_upload.asked(gate, self._directory, peer, form, self._decisions)
        await _prepare(waiting)
        waiting, _, facts = await self._decided(waiting, await gather(waiting))
        longest = form.longest(peer)
        with (
            gate.files.taken(form.proved.caller.account, longest),
            form_upload.spool_for(form) as spool,
        ):
            digest = await form.keep(spool, longest)
            self._has_read_all = True
            whole = form_upload.with_file(waiting, spool, digest)
            await self._carry_out(*await self._decided(whole, facts))

    async def _decided(self, asked: Asked, facts: Facts) -> tuple[Asked, Authorizer, Facts]:
        """Return request, authorizer and facts once it is allowed; the log gets what held then."""
        self._facts = facts
        asked, authorizer, facts = await allowed.decided(asked, facts)
        self._directory, self._caller = asked.directory, asked.caller
        return asked, authorizer, facts

    async def _carry_out(self, asked: Asked, authorizer: Authorizer, facts: Facts) -> None:
        with self._gate.admission.admitted(asked.caller.account):
            await self._record("ok", "")
            verdict = await forward.carry_out(asked, authorizer, facts, self._reply)
            if verdict is None:
                return
            if verdict.code:
                await self._record_quietly(verdict.code, verdict.message)
            await self._reply.end(verdict.rest)

    # Out.

    async def _refuse(self, error: S3Error) -> None:
        await self._record_quietly(error.code, self._cause(error), error.reasons)
        if self._reply.has_started:
            # Bytes have gone out: the connection is all that is left to say it with.
            self._break_off()
            return
        content = (
            b""
            if self._raw.method == "HEAD"
            else errors.body(error, request_id=self._reply.id, host_id=self._reply.id)
        )
        extra = [(b"content-type", b"application/xml")] if content else []
        has_read_all = self._has_read_all or (self._upload is not None and self._upload.is_proved)
        extra += [(name.encode(), value.encode()) for name, value in error.headers.items()]
        if not error.close and has_read_all:
            await self._reply.whole(error.status, extra, content)
            return
        extra.append((b"connection", b"close"))
        # A client that asked first whether to send its body sends none now.
        is_sending = not has_read_all and "expect" not in self._peer.framing
        await self._reply.last(error.status, extra, content, self._unpaced if is_sending else None)

    def _cause(self, error: S3Error) -> str:
        """Return what the log is told of a refusal: trouble of ours with what is known to be wrong with the store."""
        cause, trouble = error.operator or error.message, self._gate.store.trouble
        is_known = error.status < _SERVER_ERROR or not trouble or trouble in cause
        return cause if is_known else f"{cause}; {trouble}"

    async def _record_quietly(self, code: str, message: str, reasons: str = "") -> None:
        try:
            await self._record(code, message, reasons)
        except Fault:
            # A refusal gives nothing away: it is told even where it cannot be written down.
            return

    async def _record(self, outcome: str, message: str, reasons: str = "") -> None:
        caller, claimed = self._caller, self._claimed
        if (
            caller is not None
            and claimed is not None
            and outcome == "ok"
            and caller.principal.kind is not PrincipalKind.ROOT
            and caller.session is None
        ):
            self._gate.authority.note_use(claimed.credential_id, claimed.region)
        await self._gate.authority.record([self._audit_record(outcome, message, reasons)])

    async def _record_keys(self, outcomes: Sequence[KeyOutcome]) -> None:
        """Write a record for each of several keys; raises a fault if they cannot be written."""
        bucket = self._resolved.target.bucket if self._resolved else ""
        whole = self._audit_record("ok", "", "")
        await self._gate.authority.record(
            [audit_record.of_key(whole, bucket, each) for each in outcomes]
        )

    def _audit_record(self, outcome: str, message: str, reasons: str) -> AuditRecord:
        return audit_record.of(
            request=self._reply.id,
            peer=self._peer,
            claimed=self._claimed,
            caller=self._caller,
            resolved=self._resolved,
            facts=self._facts,
            decisions=self._decisions,
            outcome=outcome,
            message=message,
            reasons=reasons,
            revision=self._directory.revision,
        )


async def _prepare(asked: Asked) -> None:
    """Compile what the caller holds, one document in each turn of the event loop."""
    for _ in compile_in_steps(asked.caller, asked.directory):
        await asyncio.sleep(0)
