"""The gate beside the authority: the same snapshot, the same commits, the same audit log."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence

from daypass.core import arn, upload_ids
from daypass.core.audit_records.texts import clean
from daypass.core.http.request import RawRequest
from daypass.gate import limits as gate_limits
from daypass.gate import room
from daypass.gate.admission import Admission
from daypass.gate.authority import AuditRecord, Deed
from daypass.gate.exchange import Receive, Scope
from daypass.gate.parts import Capabilities, Gate
from daypass.gate.protocol.reply import Send
from daypass.gate.request.model import operation_headers
from daypass.gate.request.resolved import Rules
from daypass.gate.request.schema import schemas
from daypass.gate.serve import serve
from daypass.gate.store.upstream import Keys, Store
from daypass.gate.store.watch import Watch
from daypass.server import clock
from daypass.server.app import Parts
from daypass.server.audit.event import Event
from daypass.server.authority.schemes import s3
from daypass.server.authority.schemes.sigv4 import Signatures
from daypass.server.authority.settle import Proposal
from daypass.server.operator import store_check
from daypass.server.others import Others
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.contradictions import is_loopback
from daypass.services.kit.access import Seal, sealing
from daypass.state.changes import Changes
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.recording import Recording
from daypass.state.unusable import Unusable
from daypass.state.usage import LastUse

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class GateApp:
    """The gate as the application sees it."""

    def __init__(self, gate: Gate, watch: Watch, others: Others) -> None:
        self._gate = gate
        self._watch = watch
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by no less than what others know when it begins."""
        if self._others.is_behind:
            await self._others.caught_up()
        await serve(self._gate, scope, receive, send)

    async def begin(self) -> None:
        """Look at the store, and keep an eye on it."""
        await self._watch.begin()

    def trust(self, authorities: ssl.SSLContext) -> None:
        """Check the store's certificate with these from now on."""
        self._gate.store.trust(authorities)

    async def close(self) -> None:
        """Let go of the store."""
        await self._watch.end()
        await self._gate.store.close()


class GateAuthority:
    """What the gate uses of the authority, made of the parts that the API is served with."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._signatures = parts.prover.of(Signatures)
        self.moment = parts.clocks.moment
        self.monotonic = clock.monotonic
        self.entropy = parts.entropy

    def snapshot(self) -> Directory:
        """Return everything that is known now."""
        return self._parts.committer.directory

    def seal(self) -> Seal:
        """Return what seals the reasons of a refusal, under the root key in use."""
        return sealing(self._parts.keyring(), self._parts.entropy)

    def upload_keys(self) -> Sequence[bytes]:
        """Return the keys that bind ids of multipart uploads, the one in use first."""
        return self._parts.keyring().mac_keys(upload_ids.PURPOSE)

    def claimed(self, request: RawRequest) -> s3.ClaimedRequest | None:
        """Return what a request claims; raises an `Unauthenticated` fault for what cannot be read."""
        return s3.claimed(self._signatures, request)

    def claimed_in_form(self, fields: Mapping[str, str]) -> s3.ClaimedForm | None:
        """Return what a form claims; raises an `Unauthenticated` fault for what cannot be read."""
        return s3.claimed_in_form(self._signatures, fields)

    async def settle(self, change: Callable[[Directory], Changes], deed: Deed) -> None:
        """Commit changes together with their event; raises a fault where they cannot be committed."""
        parts = self._parts

        async def propose() -> Proposal[None]:
            directory = Recording(parts.committer.directory)
            changes = directory.bound(change(directory))
            return Proposal(changes, _deed_event(deed, parts.clocks.wall()), None)

        await parts.settler.settle(propose)

    async def record(self, records: Sequence[AuditRecord]) -> None:
        """Write audit records, and return when all of them are written; raises a fault if they cannot be."""
        parts, waiting = self._parts, []
        for each in records:
            parts.metrics.count_answer("s3", each.operation, each.outcome)
            waiting.append(parts.recorder.record(_event(each, parts.clocks.wall())))
        await asyncio.gather(*waiting)

    def note_use(self, credential_id: str, region: str) -> None:
        """Remember that a key was used here now."""
        use = LastUse(int(self._parts.clocks.wall()), "s3", region)
        self._parts.usage.note(credential_id, use)


def gateway(config: Config, store: S3Store) -> Callable[[Parts], GateApp]:
    """Return what makes the gate from the parts of an authority."""

    def made(parts: Parts) -> GateApp:
        gate = make_gate(config, store, parts)
        watch = Watch(gate.store)
        parts.readiness.add_condition("object store", lambda: watch.reason)
        return GateApp(gate, watch, parts.others)

    return made


def tls_of(store: S3Store) -> ssl.SSLContext | None:
    """Return what the store's certificate is checked with; nothing for the system's own. Raises `Unusable`."""
    if store.certificates is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(store.certificates))
    except ssl.SSLError as error:
        raise Unusable(
            f"{store.certificates} holds no certificates that can be read", "in PEM, as --s3-ca"
        ) from error


def make_gate(config: Config, store: S3Store, parts: Parts) -> Gate:
    """Put the gate together."""
    # Read now, or the first request that needs one of them keeps everybody waiting for it.
    operation_headers()
    schemas()
    kept = store_check.read_findings(config.data, store.url)
    capabilities = kept.capabilities if kept else Capabilities()
    keys = Keys(store.access_key_id, store.secret_access_key, store.region)
    return Gate(
        store=Store(store.url, keys, clock=parts.clocks.wall, tls=tls_of(store)),
        admission=Admission(gate_limits.AT_ONCE_PER_ACCOUNT_MAX // config.workers),
        files=room.for_files(config.workers),
        documents=room.for_documents(config.workers),
        capabilities=capabilities,
        rules=Rules(
            region=config.region,
            bases=frozenset({*LOCAL_NAMES, config.host, *config.base_hosts}),
            regions=frozenset({config.region}),
            dot_segments=capabilities.dot_segments,
            unsigned_over_plain_http=is_loopback(config.host),
            anonymous=config.anonymous,
            kms_keys=config.s3_kms_keys,
        ),
        authority=GateAuthority(parts),
    )


def _event(record: AuditRecord, now: float) -> Event:
    return Event(
        time=now,
        request=record.request,
        service="s3",
        operation=record.operation,
        account=record.account,
        principal=record.principal,
        key=clean(record.key),
        source=record.source or "unknown",
        agent=clean(record.agent),
        resource=clean(record.resource),
        outcome=record.outcome,
        message=clean(record.message),
        reasons=record.reasons,
        revision=record.revision,
        decisions=record.decisions,
        region=clean(record.region),
        principal_id=record.principal_id,
        session=dict(record.session),
        parameters=dict(record.parameters),
        resources=tuple(map(clean, record.resources)),
    )


def _deed_event(deed: Deed, now: float) -> Event:
    """Return what the audit log is told of a change that the gate makes on behalf of a request."""
    return Event(
        time=now,
        request=deed.request,
        service="daypass",
        operation=f"bucket-{deed.change}",
        account=deed.account,
        principal=deed.principal,
        key=clean(deed.key),
        source=deed.source or "unknown",
        resource=arn.bucket(deed.bucket),
        detail={"for": deed.operation},
    )
