"""From a request to its operation: one, or a refusal; any bytes get an answer."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core.faults import Invalid
from daypass.core.slices import at_once
from daypass.services.registry import SERVICES
from daypass.wire import paginate
from daypass.wire.catalog import load_catalog
from daypass.wire.error_response import error_response
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest
from daypass.wire.paginate import Paginator

CATALOG = load_catalog(SERVICES)
FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)


def form(body, query=b"", method="POST", headers=FORM):
    return HttpRequest(method, b"/", query, headers, body)


@pytest.mark.parametrize(
    ("request_", "scope", "name"),
    [
        (form(b"Action=GetUser&Version=2010-05-08"), "iam", "iam:GetUser"),
        (form(b"Action=GetCallerIdentity&Version=2011-06-15"), "sts", "sts:GetCallerIdentity"),
        (form(b"", b"Action=GetCallerIdentity&Version=2011-06-15", "GET", ()), "sts", "sts:GetCallerIdentity"),
        (form(b"Action=AssumeRoleWithSAML&Version=2011-06-15"), None, "sts:AssumeRoleWithSAML"),
        (HttpRequest("POST", b"/", b"", ((b"x-amz-target", b"AWSOrganizationsV20161128.ListRoots"),), b"{}"), "organizations", "organizations:ListRoots"),
        (HttpRequest("POST", b"/token", b"", (), b"{}"), None, "ssooidc:CreateToken"),
        (HttpRequest("POST", b"/token", b"aws_iam=t", (), b"{}"), "sso-oauth", "ssooidc:CreateTokenWithIAM"),
        (HttpRequest("POST", b"/sessions", b"", (), b"{}"), "rolesanywhere", "rolesanywhere:CreateSession"),
        (HttpRequest("GET", b"/profile/abc", b"", (), b""), "rolesanywhere", "rolesanywhere:GetProfile"),
    ],
)  # fmt: skip
def test_a_request_is_told_apart_by_scope_path_and_target(request_, scope, name) -> None:
    operation = at_once(CATALOG.identify(request_, scope)).operation

    assert f"{operation.service.name}:{operation.name}" == name


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param(form(b"Version=2011-06-15"), "MissingAction", id="no action"),
        pytest.param(form(b"Action=Nothing&Version=2011-06-15"), "InvalidAction", id="unknown action"),
        pytest.param(form(b"Action=GetUser&Version=1999-01-01"), "InvalidAction", id="unknown version"),
        pytest.param(form(b"Action=GetCallerIdentity&Action=CreateUser"), "InvalidParameterCombination", id="T003-SIG twice in the form"),
        pytest.param(form(b"Action=GetCallerIdentity", b"Action=CreateUser"), "InvalidParameterCombination", id="T003-SIG form and query"),
        pytest.param(form(b"A%63tion=GetUser&Action=GetUser"), "InvalidParameterCombination", id="T003-SIG two spellings"),
        pytest.param(form(b"{}", headers=((b"content-type", b"application/json"),)), "MalformedQueryString", id="T253-DOS JSON"),
        pytest.param(form(b"Action=GetUser", headers=((b"content-type", b"application/x-www-form-urlencoded\xa0"),)), "MalformedQueryString", id="another white space"),
        pytest.param(form(b"--x", headers=((b"content-type", b"multipart/form-data; boundary=x"),)), "MalformedQueryString", id="T253-DOS multipart"),
        pytest.param(form(b"\x1f\x8b", headers=(*FORM, (b"content-encoding", b"gzip"))), "UnsupportedMediaType", id="T253-DOS gzip"),
        pytest.param(form(b"&".join(b"a%d=1" % n for n in range(100_000))), "MalformedQueryString", id="T252-DOS a hundred thousand parameters"),
        pytest.param(form(b"Action=%G1"), "MalformedQueryString", id="a broken escape"),
        pytest.param(form(b"Action=%FF"), "MalformedQueryString", id="not UTF-8"),
        pytest.param(form(b"", method="DELETE"), "InvalidAction", id="another method"),
        pytest.param(HttpRequest("POST", b"/", b"", ((b"x-amz-target", b"Nothing.Here"),), b""), "UnknownOperationException", id="unknown target"),
        pytest.param(HttpRequest("GET", b"/nowhere", b"", (), b""), "UnknownOperationException", id="unknown path"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(request_, code) -> None:
    with pytest.raises(WireFault) as refused:
        at_once(CATALOG.identify(request_, None))

    assert refused.value.code == code


@pytest.mark.parametrize(
    "text", [" 3600", "3600.5", "1e4", "٣٦٠٠", "9223372036854775808", "", "0x10", "+5", "9" * 60]
)
def test_t065_sts_a_number_is_a_number(text) -> None:
    from urllib.parse import quote_plus

    body = f"Action=AssumeRole&DurationSeconds={quote_plus(text)}".encode()
    call = at_once(CATALOG.identify(form(body), "sts"))

    with pytest.raises(WireFault) as refused:
        call.parse()
    assert refused.value.code == "ValidationError"


@pytest.mark.parametrize("text", ["899", "43201", "-1"])
def test_t065_sts_a_number_keeps_its_bounds(text) -> None:
    body = f"Action=AssumeRole&RoleSessionName=ab&RoleArn=arn:aws:iam::1:role/xxxx&DurationSeconds={text}"
    call = at_once(CATALOG.identify(form(body.encode()), "sts"))

    with pytest.raises(Invalid, match="durationSeconds"):
        call.operation.validate(call.parse())


def test_t082_trust_an_external_id_keeps_its_bounds() -> None:
    operation = CATALOG.services["sts"].operations["AssumeRole"]
    for text in ("x", "x" * 1225, "a b"):
        with pytest.raises(Invalid, match="externalId"):
            operation.validate({"RoleArn": "a" * 20, "RoleSessionName": "ab", "ExternalId": text})


JSON_HEADERS = (
    (b"x-amz-target", b"SWBExternalService.CreatePermissionSet"),
    (b"content-type", b"application/x-amz-json-1.1"),
)


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{", b'{"Name": 1}', b'{"Name": "a", "Name": "b"}', b'{"Tags": {}}', b'{"Tags": [null]}', b'{"Name": NaN}', b'{"a": 1' + b"0" * 5000 + b"}",
        b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a": [' + b"1," * 20_000 + b"1]}", b"\xff", b'{"Tags": [[]]}', b'{"Name": "\\ud800"}',
    ],
    ids=range(14),
)  # fmt: skip
def test_t251_dos_json_has_one_reading_and_bounds(body) -> None:
    call = at_once(CATALOG.identify(HttpRequest("POST", b"/", b"", JSON_HEADERS, body), "sso"))

    with pytest.raises(WireFault) as refused:
        call.parse()
    assert refused.value.code == "SerializationException"


PATHS = st.sampled_from(
    [
        b"/",
        b"/token",
        b"/sessions",
        b"/profile/%ff",
        b"/profile/a",
        b"//",
        b"/v1/token",
        b"/federation/credentials",
    ]
)
HEADERS = st.sampled_from(
    [
        (),
        FORM,
        JSON_HEADERS,
        ((b"x-amz-target", b"\xff"),),
        ((b"content-type", b"application/json"),),
    ]
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    PATHS,
    st.binary(max_size=40) | st.just(b"aws_iam=t"),
    HEADERS,
    st.binary(max_size=60)
    | st.just(b'{"clientId": {}, "a": [1]}')
    | st.binary(max_size=30).map(lambda raw: b"Action=CreateRole&Tags.member.1.Key=a&" + raw),
)
def test_any_bytes_are_a_call_or_a_refusal(method, path, query, headers, body) -> None:
    with contextlib.suppress(WireFault, Invalid):
        call = at_once(CATALOG.identify(HttpRequest(method, path, query, headers, body), None))
        call.operation.validate(call.parse())


def test_a_message_cannot_break_out_of_its_answer() -> None:
    for service in (None, CATALOG.services["iam"], CATALOG.services["sso"]):
        body = error_response(service, "AccessDenied", "a<b>&\x00\u2028", "id").body

        assert b"<b>" not in body or service is CATALOG.services["sso"]
        assert b"\x00" not in body


def page(*args, **options):
    """Take every step of a page."""
    steps = paginate.answer_page(*args, **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


PAGINATOR = Paginator("Marker", "Marker", "Users", "MaxItems", "IsTruncated")


def pages(items, size, keys=(b"k",), scope="s", **params):
    found, marker = [], None
    while True:
        asked = {**params, "MaxItems": size} | ({"Marker": marker} if marker else {})
        answer = page(PAGINATOR, {"Users": items}, asked, scope=scope, keys=keys)
        found.append(answer["Users"])
        if not answer["IsTruncated"]:
            return found
        marker = answer["Marker"]


def test_pages_are_the_whole_list_in_order() -> None:
    assert pages(list(range(5)), 2) == [[0, 1], [2, 3], [4]]
    assert pages([], 2) == [[]]
    assert pages([1, 2], 2) == [[1, 2]]


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "another"},
        {"keys": [b"another"]},
        {"PathPrefix": "/x/"},
        {"marker": "AAAA"},
        {"marker": "é"},
        {"marker": "A" * 9999},
    ],
    ids=["another account", "another key", "another filter", "forged", "no marker at all", "long"],
)
def test_t236_priv_a_marker_belongs_to_its_list(change) -> None:
    first = page(PAGINATOR, {"Users": [1, 2, 3]}, {"MaxItems": 1}, scope="s", keys=[b"k"])
    params = {"MaxItems": 1, "Marker": change.pop("marker", first["Marker"])}
    options = {"scope": change.pop("scope", "s"), "keys": change.pop("keys", [b"k"])}

    with pytest.raises(Invalid):
        page(PAGINATOR, {"Users": [1, 2, 3]}, params | change, **options)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_several_lists_are_paged_as_if_they_were_one(size) -> None:
    whole = {"Groups": [1, 2], "Users": [3], "Roles": [4, 5]}
    paginator = Paginator(
        "Marker", "Marker", "Groups", "MaxItems", "IsTruncated", more_result_keys=("Users", "Roles")
    )
    found, marker, sizes = {name: [] for name in whole}, {}, []
    while True:
        answer = page(paginator, whole, {"MaxItems": size, **marker}, scope="s", keys=[b"k"])
        sizes.append(sum(len(answer[name]) for name in whole))
        for name in whole:
            found[name] += answer[name]
        if not answer["IsTruncated"]:
            break
        marker = {"Marker": answer["Marker"]}

    assert found == whole
    assert all(each == size for each in sizes[:-1])


def test_a_marker_outlives_a_rotation_and_the_next_one_is_sealed_by_the_new_key() -> None:
    users = {"Users": [1, 2, 3]}
    first = page(PAGINATOR, users, {"MaxItems": 1}, scope="s", keys=[b"old"])
    asked = {"MaxItems": 1, "Marker": first["Marker"]}
    second = page(PAGINATOR, users, asked, scope="s", keys=[b"new", b"old"])
    asked = {"MaxItems": 1, "Marker": second["Marker"]}
    third = page(PAGINATOR, users, asked, scope="s", keys=[b"new"])

    assert [first["Users"], second["Users"], third["Users"]] == [[1], [2], [3]]
