"""Makes the gate, over the same snapshot, commits and audit log as the API."""

import asyncio
import ssl
from collections.abc import Callable, Sequence

from daypass.core import arn, upload_ids
from daypass.core.audit_records.texts import escape_text
from daypass.gate import buffer_quota
from daypass.gate import limits as gate_limits
from daypass.gate.admission import RequestAdmission
from daypass.gate.authority import AuditRecord, BucketChange
from daypass.gate.protocol.reply import Send
from daypass.gate.request.operation_headers import operation_headers
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.request.schema import document_schemas
from daypass.gate.request_context import Receive, Scope
from daypass.gate.s3_gate import Gate, StoreCapabilities
from daypass.gate.serve import serve
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.gate.store.watch import StoreWatch
from daypass.server import clock
from daypass.server.app import SharedParts
from daypass.server.audit.event import Event
from daypass.server.authority.schemes.s3_signatures import S3Signatures
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.server.authority.settle import Proposal
from daypass.server.operator import store_check
from daypass.server.other_workers import OtherWorkers
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.contradictions import is_loopback
from daypass.services.kit.authorization import RefusalSealer, refusal_sealer
from daypass.state.changes import Changes
from daypass.state.last_uses import LastUse
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.state.unusable import Unusable

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The names by which clients on this machine reach the gate, in addition to the configured ones."""


class GateApp:
    """The gate as an ASGI application (`http.asgi.GateApplication`)."""

    def __init__(self, gate: Gate, watch: StoreWatch, others: OtherWorkers) -> None:
        self._gate = gate
        self._watch = watch
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, after applying all commits that other workers have when it begins."""
        if self._others.is_behind:
            await self._others.catch_up()
        await serve(self._gate, scope, receive, send)

    async def begin(self) -> None:
        """Check whether the store can be reached, and go on checking it."""
        await self._watch.start()

    def set_authorities(self, authorities: ssl.SSLContext) -> None:
        """Check the store's certificate with this context from now on."""
        self._gate.store.use_tls_context(authorities)

    async def close(self) -> None:
        """Stop checking the store, and close the connections to it."""
        await self._watch.stop()
        await self._gate.store.close()


class GateAuthority:
    """The authority as the gate uses it (`gate.authority.Authority`), from the shared parts."""

    def __init__(self, parts: SharedParts, config: Config) -> None:
        self._parts = parts
        signatures = S3Signatures(
            parts.prover.scheme_of_class(SigV4Scheme),
            parts.keyring,
            region=config.region,
            allows_version_2=not config.no_sigv2,
        )
        self.request_claim = signatures.request_claim
        self.form_claim = signatures.form_claim
        self.moment = parts.clocks.moment
        self.monotonic = clock.monotonic
        self.entropy = parts.entropy

    def snapshot(self) -> Directory:
        """Return the current snapshot."""
        return self._parts.committer.directory

    def seal(self) -> RefusalSealer:
        """Return the function that seals the reasons of a refusal, under the root key in use."""
        return refusal_sealer(self._parts.keyring(), self._parts.entropy)

    def upload_keys(self) -> Sequence[bytes]:
        """Return the keys that authenticate ids of multipart uploads, the one in use first."""
        return self._parts.keyring().mac_keys(upload_ids.PURPOSE)

    async def settle(self, change: Callable[[Directory], Changes], deed: BucketChange) -> None:
        """Commit the changes that `change` returns for a snapshot, with an event for `deed`.

        `change` is called again on a newer snapshot if another commit came first. Raises a fault if
        the changes cannot be committed.
        """
        parts = self._parts

        async def propose() -> Proposal[None]:
            directory = TrackingDirectory(parts.committer.directory)
            changes = directory.with_read_set(change(directory))
            return Proposal(changes, _change_event(deed, parts.clocks.wall()), None)

        await parts.settler.settle(propose)

    async def record(self, records: Sequence[AuditRecord]) -> None:
        """Return when the audit records of requests are written; raises a fault if not."""
        parts, waiting = self._parts, []
        for each in records:
            parts.metrics.count_answer("s3", each.operation, each.outcome)
            waiting.append(parts.recorder.record(_request_event(each, parts.clocks.wall())))
        if len(waiting) == 1:
            # A gathering costs as much as making the event; a request alone has one record.
            await waiting[0]
            return
        await asyncio.gather(*waiting)

    def note_use(self, credential_id: str, region: str) -> None:
        """Note that an access key was used now, in a region."""
        use = LastUse(int(self._parts.clocks.wall()), "s3", region)
        self._parts.usage.record(credential_id, use)


def gate_factory(config: Config, store: S3Store) -> Callable[[SharedParts], GateApp]:
    """Return the function that makes the gate from the shared parts of an authority."""

    def make_app(parts: SharedParts) -> GateApp:
        gate = make_gate(config, store, parts)
        watch = StoreWatch(gate.store)
        parts.readiness.add_condition("object store", lambda: watch.reason)
        return GateApp(gate, watch, parts.others)

    return make_app


def store_tls_context(store: S3Store) -> ssl.SSLContext | None:
    """Return the context that checks the store's certificate; None for the system's authorities.

    Raises `Unusable` if the configured file holds no certificate, `OSError` if it cannot be read.
    """
    if store.certificates is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(store.certificates))
    except ssl.SSLError as error:
        raise Unusable(
            f"{store.certificates} holds no certificates that can be read", "in PEM, as --s3-ca"
        ) from error


def make_gate(config: Config, store: S3Store, parts: SharedParts) -> Gate:
    """Return the gate in front of a store."""
    # Loaded now: loading takes long, and the first request that needs it would hold up all others.
    operation_headers()
    document_schemas()
    store_findings = store_check.read_findings(config.data, store.url)
    capabilities = store_findings.capabilities if store_findings else StoreCapabilities()
    keys = StoreCredential(store.access_key_id, store.secret_access_key, store.region)
    return Gate(
        store=ObjectStore(store.url, keys, clock=parts.clocks.wall, tls=store_tls_context(store)),
        admission=RequestAdmission(gate_limits.AT_ONCE_PER_ACCOUNT_MAX // config.workers),
        form_file_quota=buffer_quota.form_file_quota(config.workers),
        document_quota=buffer_quota.document_quota(config.workers),
        capabilities=capabilities,
        rules=GateRules(
            region=config.region,
            host_names=frozenset({*LOCAL_NAMES, config.host, *config.base_hosts}),
            regions=frozenset({config.region}),
            dot_segments=capabilities.dot_segments,
            unsigned_over_plain_http=is_loopback(config.host),
            anonymous=config.anonymous,
            kms_keys=config.s3_kms_keys,
        ),
        authority=GateAuthority(parts, config),
    )


def _request_event(record: AuditRecord, now: float) -> Event:
    """Return the audit event of a request to the gate."""
    return Event(
        time=now,
        request=record.request,
        service="s3",
        operation=record.operation,
        account=record.account,
        principal=record.principal,
        key=escape_text(record.key),
        source=record.source or "unknown",
        agent=escape_text(record.agent),
        resource=escape_text(record.resource),
        outcome=record.outcome,
        message=escape_text(record.message),
        reasons=record.reasons,
        revision=record.revision,
        decisions=record.decisions,
        region=escape_text(record.region),
        principal_id=record.principal_id,
        session=dict(record.session),
        parameters=dict(record.parameters),
        resources=tuple(map(escape_text, record.resources)),
        detail={"SignatureVersion": record.signature} if record.signature else {},
    )


def _change_event(deed: BucketChange, now: float) -> Event:
    """Return the audit event of a bucket's change that the gate makes for a request."""
    return Event(
        time=now,
        request=deed.request,
        service="daypass",
        operation=f"bucket-{deed.change}",
        account=deed.account,
        principal=deed.principal,
        key=escape_text(deed.key),
        source=deed.source or "unknown",
        resource=arn.bucket(deed.bucket),
        detail={"for": deed.operation},
    )
