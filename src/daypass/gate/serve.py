"""One S3 request from headers to answer: prove, authorize, write the audit record, forward."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import aiohttp

from daypass.core.faults import ONE_MECHANISM, Fault
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest
from daypass.core.policy.language.principal import PrincipalKind
from daypass.gate import audit_record, authorize, forward, preflight
from daypass.gate.authenticate import UNSIGNED, prove_sender
from daypass.gate.authority import AuditRecord, SignatureClaim
from daypass.gate.body import body_framing, client_pace
from daypass.gate.body.verified_body import VerifiedBody
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.forms import form_upload
from daypass.gate.gather import gather_facts
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol import errors, store_errors
from daypass.gate.protocol.errors import S3Error, error_from_fault
from daypass.gate.protocol.reply import S3Reply, Send
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import (
    KeyOutcome,
    Receive,
    RequestContext,
    Scope,
    client_connection,
)
from daypass.gate.s3_gate import Gate
from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.caller import Caller
from daypass.services.kit.effective_policies import compile_in_steps

_SERVER_ERROR = 500
_REQUEST_ID_CHARACTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUV" * 8
"""The character of a request id for each byte."""


def _ignore_notice() -> None:
    """Ignore a notice: the default if the server wants no notice of proofs and broken answers."""


async def serve(gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of the gate's ASGI application."""
    await Exchange(gate, scope, receive, send).run()


class Exchange:
    """One request and its answer, with what is known so far for its audit record."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._unpaced = receive
        self._receive = client_pace.paced_receive(receive, gate.authority.monotonic)
        state = scope.get("state", {})
        self._prove = state.get("prove", _ignore_notice)
        self._break_off = state.get("break_off", _ignore_notice)
        self._directory = gate.authority.snapshot()
        headers = normalization.normalize_headers(tuple(scope["headers"]))
        self._client = client_connection(scope, headers)
        self._raw = RawRequest(scope["method"], scope["raw_path"], scope["query_string"], headers)
        self._reply = S3Reply(
            client_pace.paced_send(send, gate.authority.monotonic),
            gate.authority.entropy(16).translate(_REQUEST_ID_CHARACTERS).decode(),
        )
        # For the audit record, as far as the request was processed.
        self._claim: SignatureClaim | None = None
        self._resolved: ResolvedRequest | None = None
        self._caller: Caller | None = None
        self._upload: VerifiedBody | None = None
        self._facts: RequestFacts | None = None
        self._decisions: list[AuditedDecision] = []
        self._has_read_all = not self._client.has_body

    async def run(self) -> None:
        """Answer the request; a fault becomes an error answer, or ends a begun answer."""
        try:
            await self._answer()
        except S3Error as error:
            await self._refuse(error)
        except Fault as fault:
            await self._refuse(error_from_fault(fault, self._claim, region=self._gate.rules.region))
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            await self._refuse(store_errors.truncated_answer(error))
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, never shown
            await self._refuse(
                S3Error("InternalError", store_errors.INTERNAL_ERROR, operator=type(error).__name__)
            )

    async def _answer(self) -> None:
        gate, client = self._gate, self._client
        if client.framing.get("expect", "100-continue").lower() != "100-continue":
            raise S3Error("ExpectationFailed", "The only expectation is 100-continue.", close=True)
        if self._raw.method == "OPTIONS":
            await preflight.answer_preflight(gate, self._directory, self._raw, self._reply)
            return
        claim = self._claim = gate.authority.request_claim(self._raw)
        resolved = self._resolved = resolve_request(self._raw, claim, gate.rules)
        if resolved.row.body == "form":
            await self._answer_form(resolved)
            return
        moment = gate.authority.moment()
        sender = prove_sender(
            resolved, claim, directory=self._directory, rules=gate.rules, moment=moment
        )
        self._caller = sender.caller
        if claim is not None:
            self._prove()
        upload = self._upload = body_framing.announced_body(
            resolved, sender, client.framing, gate.rules, secure=client.is_secure
        )
        ctx = RequestContext(
            gate,
            self._directory,
            client,
            resolved,
            sender,
            upload,
            self._receive,
            moment,
            request_id=self._reply.id,
            decisions=self._decisions,
            record_key_outcomes=self._record_key_outcomes,
        )
        await _compile_policies(ctx)
        authorize.authorize_before_body(ctx)
        is_kept = resolved.row.body in {"xml", "json"}
        account = sender.caller.account
        with gate.document_quota.reserve(account, upload.length) if is_kept else nullcontext():
            # A small body may arrive slowly, so the request is authorized as of its end.
            await self._carry_out(*await self._authorize(ctx, await gather_facts(ctx)))

    async def _answer_form(self, resolved: ResolvedRequest) -> None:
        """Answer a browser's form: authorized before its file is read, and again after."""
        gate, client = self._gate, self._client
        if self._claim is not None:
            raise S3Error("InvalidArgument", ONE_MECHANISM)
        body_framing.check_unsigned_payload(UNSIGNED, gate.rules, secure=client.is_secure)
        form = await form_upload.read_form_upload(
            gate, self._directory, client, resolved, self._receive
        )
        self._claim, self._caller = form.sender.claim, form.sender.caller
        self._resolved = form.resolved
        self._prove()
        ctx = form_upload.upload_context(gate, self._directory, client, form, self._decisions)
        await _compile_policies(ctx)
        ctx, _, facts = await self._authorize(ctx, await gather_facts(ctx))
        bytes_max = form.file_bytes_max(client)
        with (
            gate.form_file_quota.reserve(form.sender.caller.account, bytes_max),
            form_upload.form_spool(form) as spool,
        ):
            digest = await form.spool_file(spool, bytes_max)
            self._has_read_all = True
            complete = form_upload.with_file(ctx, spool, digest)
            await self._carry_out(*await self._authorize(complete, facts))

    async def _authorize(
        self, ctx: RequestContext, facts: RequestFacts
    ) -> tuple[RequestContext, Authorizer, RequestFacts]:
        """Return context, authorizer and facts once authorized; kept for the audit record."""
        self._facts = facts
        ctx, authorizer, facts = await authorize.authorize(ctx, facts)
        self._directory, self._caller = ctx.directory, ctx.caller
        return ctx, authorizer, facts

    async def _carry_out(
        self, ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts
    ) -> None:
        with self._gate.admission.admit(ctx.caller.account):
            await self._record("ok", "")
            verdict = await forward.carry_out(ctx, authorizer, facts, self._reply)
            if verdict is None:
                return
            if verdict.code:
                await self._record_quietly(verdict.code, verdict.message)
            await self._reply.send_end(verdict.last_bytes)

    # Answers of errors, and audit records.

    async def _refuse(self, error: S3Error) -> None:
        await self._record_quietly(error.code, self._log_message(error), error.reasons)
        if self._reply.has_started:
            # The answer has begun: only a closed connection can tell the client.
            self._break_off()
            return
        content = (
            b""
            if self._raw.method == "HEAD"
            else errors.error_document(error, request_id=self._reply.id, host_id=self._reply.id)
        )
        extra = [(b"content-type", b"application/xml")] if content else []
        has_read_all = self._has_read_all or (self._upload is not None and self._upload.is_proved)
        extra += [(name.encode(), value.encode()) for name, value in error.headers.items()]
        if not error.close and has_read_all:
            await self._reply.send_complete(error.status, extra, content)
            return
        extra.append((b"connection", b"close"))
        # A client that waits for `100 Continue` sends no body after an error.
        is_sending = not has_read_all and "expect" not in self._client.framing
        await self._reply.send_and_close(
            error.status, extra, content, self._unpaced if is_sending else None
        )

    def _log_message(self, error: S3Error) -> str:
        """Return the audit log's message for an error, with a known trouble of the store."""
        cause, trouble = error.operator or error.message, self._gate.store.trouble
        is_known = error.status < _SERVER_ERROR or not trouble or trouble in cause
        return cause if is_known else f"{cause}; {trouble}"

    async def _record_quietly(self, code: str, message: str, reasons: str = "") -> None:
        try:
            await self._record(code, message, reasons)
        except Fault:
            # A refusal reveals no data, so it is sent even if it cannot be recorded.
            return

    async def _record(self, outcome: str, message: str, reasons: str = "") -> None:
        caller, claim = self._caller, self._claim
        if (
            caller is not None
            and claim is not None
            and outcome == "ok"
            and caller.principal.kind is not PrincipalKind.ROOT
            and caller.session is None
        ):
            self._gate.authority.note_use(claim.credential_id, claim.region)
        await self._gate.authority.record([self._audit_record(outcome, message, reasons)])

    async def _record_key_outcomes(self, outcomes: Sequence[KeyOutcome]) -> None:
        """Write an audit record for each key; raises a fault if they cannot be written."""
        bucket = self._resolved.target.bucket if self._resolved else ""
        request_wide = self._audit_record("ok", "", "")
        await self._gate.authority.record(
            [audit_record.key_record(request_wide, bucket, each) for each in outcomes]
        )

    def _audit_record(self, outcome: str, message: str, reasons: str) -> AuditRecord:
        return audit_record.request_record(
            request=self._reply.id,
            client=self._client,
            claim=self._claim,
            caller=self._caller,
            resolved=self._resolved,
            facts=self._facts,
            decisions=self._decisions,
            outcome=outcome,
            message=message,
            reasons=reasons,
            revision=self._directory.revision,
        )


async def _compile_policies(ctx: RequestContext) -> None:
    """Compile the caller's policies, one document in each turn of the event loop."""
    for _ in compile_in_steps(ctx.caller, ctx.directory):
        await asyncio.sleep(0)
