"""Proofs of senders: derived keys, a later snapshot and moment, and no secret in any `repr`."""

import asyncio
import hashlib
import hmac
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

import pytest
from msgspec.structs import replace

from daypass.core import faults, form_policy, quotas
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest
from daypass.core.sigv4 import verify
from daypass.core.sigv4.chunked import SignatureChain
from daypass.core.sigv4.sign import Signer
from daypass.gate.authenticate import UNSIGNED, Sender, prove_sender, require_caller
from daypass.gate.forms import form_fields
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol.errors import S3Error
from daypass.server import clock, single_process
from daypass.server.authority.prove import Evidence
from daypass.server.authority.schemes import sigv4
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.server.settings.config import Config, S3Store
from daypass.services.iam.policies import aws_managed
from daypass.services.kit.caller import ANONYMOUS
from daypass.state.changes import Put
from daypass.state.data_directory.open_directory import open_data
from daypass.wire.message import HttpRequest

from .in_process import HOST, World

SCOPE = {"regions": frozenset({"us-east-1"})}


@pytest.fixture
def world():
    return World("http://127.0.0.1:1")


@contextmanager
def deriving():
    """Yield a list that grows with each signing key that anybody derives, by its secret."""
    found = []

    def counted(key, message, digest):
        if key.startswith(b"AWS4"):
            found.append(key.removeprefix(b"AWS4").decode())
        return hmac.digest(key, message, digest)

    with mock.patch.object(
        verify, "hmac", SimpleNamespace(digest=counted, compare_digest=hmac.compare_digest)
    ):
        yield found


def raw_of(scope):
    pairs = normalization.normalize_headers(tuple(scope["headers"]))
    return RawRequest(scope["method"], scope["raw_path"], scope["query_string"], pairs)


def at(world):
    return {"directory": world.directory, "moment": world.moment()}


# What a client signs, and what is then left to do to prove it.


def header(world, keys=None):
    claimed = world.request_claim(raw_of(world.put(0, keys=keys)))
    return lambda: claimed.prove(UNSIGNED, **SCOPE, **at(world))


def link(world, expires=600):
    claimed = world.request_claim(raw_of(world.presigned(0, expires)))
    return lambda: claimed.prove(UNSIGNED, **SCOPE, **at(world))


def form(world, lasts=3600):
    scope, head, tail = world.form(b"x", lasts=lasts)

    async def receive():
        return {"type": "http.request", "body": head + tail, "more_body": False}

    async def read():
        return await form_fields.read_form(
            receive, dict(scope["headers"])[b"content-type"].decode()
        )

    fields = asyncio.run(read()).fields
    policy, claimed = form_policy.parse_post_policy(fields["policy"]), world.form_claim(fields)
    return lambda: claimed.prove(**SCOPE, **at(world)).prove_upload(policy)


def api(world):
    """Sign a call of an API whose signing name is the gate's, so that both doors want the same
    key.
    """
    body = b"Action=Example"
    signed = Signer(world.key_id, world.secret, "us-east-1").sign(
        method="POST",
        path="/",
        query="",
        headers={"host": HOST},
        payload_hash=hashlib.sha256(body).hexdigest(),
        now=world.now,
    )
    pairs = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
    asked = HttpRequest("POST", b"/", b"", pairs, body, "192.0.2.1")
    service = SimpleNamespace(signing_names=frozenset({"s3"}), window_seconds=300)
    claimed = world.scheme.read_claim(asked)
    return lambda: world.scheme.prove(
        Evidence(asked, claimed, world.directory, service, world.moment(), {})
    )


WAYS = {"header": header, "link": link, "form": form}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@pytest.mark.parametrize("first", [api, *WAYS.values()])
def test_what_every_door_proves_with_one_key_derives_it_once(world, first) -> None:
    to_prove = [way(world) for way in (first, api, *WAYS.values())]
    with deriving() as derived:
        proofs = [prove_it() for prove_it in to_prove]

    assert derived == [world.secret]
    assert {
        (each.caller.principal.arn, each.credential_id, each.region, each.partitions)
        for each in proofs
    } == {(world.user.arn, world.key_id, "us-east-1", frozenset({world.user.account}))}


@pytest.mark.parametrize("way", [api, *WAYS.values()])
def test_whoever_knows_a_key_id_alone_has_no_key_kept(world, way) -> None:
    secret, world.secret = world.secret, "guessed"
    to_prove = way(world)
    world.secret = secret
    with pytest.raises(faults.BadSignature):
        to_prove()
    assert world.scheme._key_cache == {}

    way(world)()
    assert len(world.scheme._key_cache) == 1


def test_a_signing_key_is_shown_without_what_it_is_made_of(world) -> None:
    claimed = world.request_claim(raw_of(world.put(0)))
    found = world.scheme.signing_key(claimed.claim, world.directory, world.moment())

    assert repr(found) == f"SigningKey({world.user.arn})"


def test_a_server_with_a_gate_has_one_place_for_derived_keys(tmp_path, monkeypatch) -> None:
    made, begin = [], SigV4Scheme.__init__

    def counted(signatures, keyring):
        made.append(signatures)
        begin(signatures, keyring)

    monkeypatch.setattr(SigV4Scheme, "__init__", counted)
    store = S3Store("http://127.0.0.1:1", "key", "secret")
    data = open_data(
        tmp_path / "data",
        {},
        clock=clock.wall,
        entropy=clock.entropy,
        base=aws_managed.bundled_policies(),
    )
    try:
        single_process.make_server(
            Config(data=tmp_path / "data", host="127.0.0.1", port=0, store=store), data
        ).close()
    finally:
        data.close()

    assert len(made) == 1


@ways
def test_a_proof_is_good_while_its_key_is_and_no_longer(world, way) -> None:
    proof = way(world)()
    assert proof.refresh_caller(world.directory, world.moment()) == proof.caller

    world.change(Put(replace(world.key, active=False)))
    with pytest.raises(faults.UnknownKey):
        proof.refresh_caller(world.directory, world.moment())


def test_a_session_is_proved_until_it_ends(world) -> None:
    proof = header(world, world.session(900))()
    world.now += 899
    assert proof.refresh_caller(world.directory, world.moment()).session is not None

    world.now += 1
    with pytest.raises(faults.Expired):
        proof.refresh_caller(world.directory, world.moment())


ENDS = [
    # who signed, how long it is good, in seconds, and the fault one second later
    ("a link", lambda world: link(world, 600), 600, faults.BadClock),
    ("a form by its policy", lambda world: form(world, 3600), 3599, faults.Denied),
    ("a form by its date", lambda world: form(world, 30 * 86_400), quotas.PRESIGNED_SECONDS_MAX, faults.BadClock),
]  # fmt: skip


@pytest.mark.parametrize(
    ("way", "lasts", "fault"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS]
)
def test_a_link_and_a_form_end_while_they_are_waited_for(world, way, lasts, fault) -> None:
    proof = way(world)()
    world.now += lasts
    assert proof.refresh_caller(world.directory, world.moment()) == proof.caller

    world.now += 1
    with pytest.raises(fault):
        proof.refresh_caller(world.directory, world.moment())


def test_a_form_that_ends_in_several_ways_ends_first_by_its_date_then_by_its_policy(world) -> None:
    proof = form(world, 3600)()
    world.change(Put(replace(world.key, active=False)))
    world.now += 3600
    with pytest.raises(faults.Denied):
        proof.refresh_caller(world.directory, world.moment())

    world.now += quotas.PRESIGNED_SECONDS_MAX
    with pytest.raises(faults.BadClock):
        proof.refresh_caller(world.directory, world.moment())


def test_a_request_that_is_signed_in_its_headers_was_in_time_when_it_came(world) -> None:
    proof = header(world)()
    world.now += 86_400

    assert proof.refresh_caller(world.directory, world.moment()) == proof.caller


TOKENS = [
    ("a session's key without its token", lambda world: (*world.session()[:2], ""), faults.UnknownKey, "token is missing"),
    ("a user's key with a token", lambda world: (world.key_id, world.secret, world.session()[2]), faults.BadToken, "not this key's"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "fault", "words"), [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS]
)
def test_a_token_belongs_to_its_key(world, keys, fault, words) -> None:
    with pytest.raises(fault, match=words):
        header(world, keys(world))()


def test_a_region_that_is_not_the_gates_proves_nobody(world) -> None:
    claimed = world.request_claim(raw_of(world.put(0)))
    with pytest.raises(faults.BadScope):
        claimed.prove(UNSIGNED, regions=frozenset({"eu-west-1"}), **at(world))


@ways
def test_no_proof_shows_what_it_was_made_with(world, way) -> None:
    proof = way(world)()
    claim = proof.claim
    key = sigv4.signing_key(world.secret, date=claim.date, region="us-east-1", service="s3")

    shown = repr(proof)
    assert world.key_id in shown
    assert not [each for each in (world.secret, repr(key), claim.signature) if each in shown]


def test_no_proof_and_no_claim_shows_a_token_or_a_signature(world) -> None:
    _, secret, token = keys = world.session()
    claimed = world.request_claim(raw_of(world.put(0, keys=keys)))
    proof = claimed.prove(UNSIGNED, **SCOPE, **at(world))
    shown = f"{claimed!r} {proof!r} {Sender(proof.caller, proof, claimed, UNSIGNED)!r}"

    assert not [each for each in (secret, token, claimed.claim.signature) if each in shown]


def test_a_body_goes_on_from_the_requests_own_signature_each_time_anew(world) -> None:
    proof = header(world)()
    first = proof.chunk_chain
    first.sign_chunk("0" * 64)
    key = sigv4.signing_key(world.secret, date="20260101", region="us-east-1", service="s3")

    assert proof.chunk_chain == SignatureChain(
        key, proof.claim.amz_date, proof.claim.scope, proof.claim.signature
    )
    assert first != proof.chunk_chain
    assert api(world)().chunk_chain is None


def test_whoever_signs_nothing_stays_nobody(world) -> None:
    scope = world._scope("GET", "/kept/k", "", {"host": HOST})
    raw = raw_of(scope)
    claimed = world.request_claim(raw)
    resolved = resolve_request(raw, claimed, world.gate.rules)

    assert claimed is None
    with pytest.raises(S3Error, match="Access Denied"):
        prove_sender(resolved, claimed, rules=world.gate.rules, **at(world))
    anonymous = Sender(ANONYMOUS, None, None, UNSIGNED)
    assert anonymous.refresh(world.directory, world.moment()) is anonymous


def test_a_proof_of_nobody_opens_no_bucket() -> None:
    with pytest.raises(S3Error, match="Access Denied"):
        require_caller(None)


USES = [
    ("a user's key", lambda _world: None, "/", 200, 1),
    ("a session", lambda world: world.session(), "/", 200, 0),
    ("a request that is refused", lambda _world: None, "/missing/k", 404, 0),
]


@pytest.mark.parametrize(
    ("keys", "path", "status", "count"), [row[1:] for row in USES], ids=[row[0] for row in USES]
)
def test_the_use_of_a_users_own_key_is_noted(world, keys, path, status, count) -> None:
    scope = world.put(0, path=path, method="GET", keys=keys(world))

    assert asyncio.run(world.ask(scope))[0] == status
    assert world.uses == [(world.key_id, "us-east-1")] * count
