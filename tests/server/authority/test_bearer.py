"""The scheme of access tokens: which header is one, and who is proved for how long."""

import pytest
from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.portal_snapshot import PortalSnapshot
from tests.services.support import NOW

from daypass.core import faults
from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.http.normalization import normalize_headers
from daypass.core.identity_center.portal.portal_tokens import INVALID
from daypass.core.time.steady_time import Moment
from daypass.server.authority.prove import Evidence
from daypass.server.authority.schemes.bearer import DROPPED_BY_PROXY, SENT_TWICE, BearerScheme
from daypass.wire.message import HttpRequest

HEADER = b"x-amz-sso_bearer_token"


@pytest.fixture
def snapshot():
    return PortalSnapshot()


@pytest.fixture
def scheme(snapshot):
    return BearerScheme(lambda: snapshot.ring)


def request(*headers, **more):
    return HttpRequest("GET", b"/assignment/accounts", b"", headers, b"", "192.0.2.1", **more)


def moment(now=NOW):
    return Moment(now, now)


def prove(scheme, snapshot, asked, *, now=NOW):
    claim = scheme.read_claim(asked)
    return scheme.prove(Evidence(asked, claim, snapshot.directory, None, moment(now), {}))


def tokens(*texts):
    return [(HEADER, text.encode()) for text in texts]


@pytest.mark.parametrize("normal", [False, True])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([(b"x-amz-sso-bearer-token", b"a")], None),
        ([(b"cookie", HEADER + b"=a")], None),
        ([(HEADER, b"a")], [b"a"]),
        ([(HEADER, b"")], [b""]),
        ([(HEADER, b"a"), (HEADER, b"b")], [b"a", b"b"]),
        ([(HEADER, b""), (b"host", b"h"), (HEADER, b"b")], [b"", b"b"]),
    ],
)
def test_a_token_is_read_from_one_header_in_one_spelling(scheme, headers, expected, normal) -> None:
    given = normalize_headers(tuple(headers)) if normal else tuple(headers)
    claim = scheme.read_claim(request(*given) if not normal else replace(request(), headers=given))

    assert (None if claim is None else claim.parsed) == expected


def test_a_claim_shows_no_token_and_names_no_service(scheme) -> None:
    claim = scheme.read_claim(request(*tokens("secret")))

    assert (claim.service, claim.credential_id, claim.region) == (None, "", "")
    assert "secret" not in repr(claim)


def test_a_token_proves_a_person_who_is_nobody_to_policies(scheme, snapshot) -> None:
    opened = snapshot.open_session()
    proof = prove(scheme, snapshot, request(*tokens(opened.token)))

    assert proof.caller.person.person.id == records.ALICE
    assert (proof.caller.account, proof.caller.record, proof.caller.session) == ("", None, None)
    assert (proof.region, proof.credential_id) == (records.REGION, opened.session.id)
    assert proof.partitions == {f"person-{records.ALICE}"}
    assert opened.token not in repr(proof)


@pytest.mark.parametrize(
    ("headers", "more", "fault", "message"),
    [
        ([], {}, faults.NoCredentials, INVALID),
        ([], {"forwarded": True}, faults.NoCredentials, DROPPED_BY_PROXY),
        (tokens(""), {"forwarded": True}, faults.BadToken, INVALID),
        (tokens("made up"), {}, faults.BadToken, INVALID),
        (tokens("a", "a"), {}, faults.BadAuthentication, SENT_TWICE),
    ],
)
def test_what_proves_nobody_says_why(scheme, snapshot, headers, more, fault, message) -> None:
    with pytest.raises(faults.Unauthenticated) as found:
        prove(scheme, snapshot, request(*headers, **more))

    assert (type(found.value), found.value.message) == (fault, message)


def test_a_person_is_looked_up_again_with_the_same_care(scheme, snapshot) -> None:
    opened = snapshot.open_session()
    proof = prove(scheme, snapshot, request(*tokens(opened.token)))
    person = snapshot.change_person(revision=2)

    assert proof.refresh_caller(snapshot.directory, moment()).person.person == person
    with pytest.raises(faults.BadToken):
        proof.refresh_caller(snapshot.directory, moment(opened.expires))
    instance = snapshot.directory.instance(records.INSTANCE).record
    snapshot.put(replace(instance, network=NetworkLock(("198.51.100.1",))))
    with pytest.raises(faults.Denied):
        proof.refresh_caller(snapshot.directory, moment())
    snapshot.put(instance)
    snapshot.remove(opened.session)
    with pytest.raises(faults.BadToken):
        proof.refresh_caller(snapshot.directory, moment())
