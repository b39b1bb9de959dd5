"""Proofs of links and forms of Signature Version 2: when they end, and what they do not show."""

import pytest
from msgspec.structs import replace
from tests.gate.in_process import HOST, World

from daypass.core import faults, form_policy
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest
from daypass.core.time.timestamps import iso8601
from daypass.gate.authenticate import UNSIGNED, Sender
from daypass.state.changes import Put

from .signing import form_fields, link

REGIONS = {"regions": frozenset({"us-east-1"})}


@pytest.fixture
def world():
    return World("http://127.0.0.1:1")


def at(world):
    return {"directory": world.directory, "moment": world.moment()}


def raw_link(world, signer, lasts=600):
    path, _, query = link(signer, "/kept/k", end=world.now + lasts).partition("?")
    pairs = normalization.normalize_headers(((b"host", HOST.encode()),))
    return RawRequest("GET", path.encode(), query.encode(), pairs)


def prove_link(world, signer):
    claim = world.request_claim(raw_link(world, signer))
    return claim, claim.prove(UNSIGNED, host_bucket="", **REGIONS, **at(world))


def prove_form(world, signer):
    fields = form_fields(signer, [{"key": "k"}], expiration=iso8601(world.now + 600), key="k")
    claim = world.form_claim({name.lower(): value for name, value in fields.items()})
    policy = form_policy.parse_post_policy(fields["policy"])
    return claim, claim.prove(**REGIONS, **at(world)).prove_upload(policy)


ways = pytest.mark.parametrize("way", [prove_link, prove_form])


@ways
def test_a_proof_names_its_caller_the_gates_region_and_no_date(world, way) -> None:
    claim, proof = way(world, (world.key_id, world.secret, ""))

    assert proof.caller.principal.arn == world.user.arn
    assert (proof.credential_id, proof.region) == (world.key_id, "us-east-1")
    assert proof.partitions == frozenset({world.user.account})
    assert (claim.signature_version, claim.signed_at, claim.region) == ("AWS", None, "us-east-1")
    assert proof.chunk_chain is None


@ways
def test_a_proof_is_good_while_its_key_is_and_no_longer(world, way) -> None:
    _, proof = way(world, (world.key_id, world.secret, ""))
    assert proof.refresh_caller(world.directory, world.moment()) == proof.caller

    world.change(Put(replace(world.key, active=False)))
    with pytest.raises(faults.UnknownKey):
        proof.refresh_caller(world.directory, world.moment())


@pytest.mark.parametrize(
    ("way", "fault"), [(prove_link, faults.BadClock), (prove_form, faults.Denied)]
)
def test_t431_sig_a_link_and_a_form_end_while_they_are_waited_for(world, way, fault) -> None:
    _, proof = way(world, (world.key_id, world.secret, ""))
    world.now += 599
    assert proof.refresh_caller(world.directory, world.moment()) == proof.caller

    world.now += 1
    with pytest.raises(fault):
        proof.refresh_caller(world.directory, world.moment())


@ways
def test_a_session_is_proved_until_it_ends(world, way) -> None:
    _, proof = way(world, world.session(300))
    world.now += 299
    assert proof.refresh_caller(world.directory, world.moment()).session is not None

    world.now += 1
    with pytest.raises(faults.Expired):
        proof.refresh_caller(world.directory, world.moment())


@ways
def test_t431_sig_a_token_belongs_to_its_key(world, way) -> None:
    key_id, secret, token = world.session()
    with pytest.raises(faults.UnknownKey, match="token is missing"):
        way(world, (key_id, secret, ""))
    with pytest.raises(faults.BadToken, match="not this key's"):
        way(world, (world.key_id, world.secret, token))


@ways
def test_no_proof_and_no_claim_shows_a_secret_a_token_or_a_signature(world, way) -> None:
    _, secret, token = keys = world.session()
    claim, proof = way(world, keys)
    shown = f"{claim!r} {proof!r} {claim.claim!r} {Sender(proof.caller, proof, claim, UNSIGNED)!r}"

    assert keys[0] in shown
    hidden = (secret, token, claim.claim.signature.decode())
    assert not [each for each in hidden if each in shown]


def test_t431_sig_no_scheme_of_an_api_reads_a_link(world) -> None:
    raw = raw_link(world, (world.key_id, world.secret, ""))

    assert world.scheme.read_claim(raw) is None
