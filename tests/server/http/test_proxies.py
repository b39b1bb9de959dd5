"""Only trusted proxies set a client's address and scheme."""

import asyncio
import ipaddress

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import allow

from daypass.server.http.proxies import TrustedProxies
from daypass.server.settings import setting_values

UNKNOWN = ""
TRUSTED = setting_values.parse_networks(["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"])
SEEN = [
    # peer, headers, the client and scheme that policies see
    ("203.0.113.9", [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https")], ("203.0.113.9", "http")),
    ("10.0.0.1", [], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "198.51.100.7")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")], ("198.51.100.7", "https")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, 198.51.100.7")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.9.9.9")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "10.1.1.1, 10.2.2.2")], ("10.1.1.1", "http")),
    # A hop that cannot be read is unknown; it once counted as the proxy, which policies let in.
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, nonsense")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, nonsense, 10.2.2.2")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, unix:")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, unknown")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, _hidden")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1,")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", " , ")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "10.0.0.0/8")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "010.1.1.1")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "167772161")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "10.1.1")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "]10.1.1.1[")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "10.1.1.1 10.1.1.2")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "fe80::1%eth0")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "[fe80::1%eth0]:80")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "198.51.100.7:http")], (UNKNOWN, "http")),
    ("10.0.0.1", [("x-forwarded-for", "1.1.1.1" + ", 10.1.1.1" * 40)], (UNKNOWN, "http")),
    # Some proxies write the port as well.
    ("10.0.0.1", [("x-forwarded-for", "198.51.100.7:49152")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "[2001:db9::7]:49152")], ("2001:db9::7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "[2001:db9::7]")], ("2001:db9::7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "2001:db9::7")], ("2001:db9::7", "http")),
    ("10.0.0.1", [("x-forwarded-for", "\t198.51.100.7 ")], ("198.51.100.7", "http")),
    ("fe80::1%eth0", [("x-forwarded-for", "1.1.1.1")], ("fe80::1%eth0", "http")),
    ("2001:db8::1%eth0", [("x-forwarded-for", "198.51.100.7")], ("198.51.100.7", "http")),
    ("::ffff:10.0.0.1", [("x-forwarded-for", "::ffff:198.51.100.7")], ("198.51.100.7", "http")),
    ("2001:db8::1", [("x-forwarded-for", "198.51.100.7")], ("198.51.100.7", "http")),
    ("10.0.0.1", [("x-real-ip", "1.1.1.1"), ("forwarded", "for=1.1.1.1")], (UNKNOWN, "http")),
    *(
        ("10.0.0.1", [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", word)], ("198.51.100.7", "http"))
        for word in ("", "wss", "ssl", "https:", "https http", "http,", "https,", "on", '"https"')
    ),
    ("10.0.0.1", [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "http, HTTPS ")], ("198.51.100.7", "https")),
    ("10.0.0.1", [("x-forwarded-proto", "https, http")], (UNKNOWN, "http")),
    ("", [("x-forwarded-for", "1.1.1.1")], ("", "http")),
]  # fmt: skip


@pytest.mark.parametrize(("peer", "headers", "expected"), SEEN)
def test_t049_gate_only_a_trusted_proxy_says_where_a_request_came_from(
    peer, headers, expected
) -> None:
    seen = {}

    async def application(scope, _receive, _send):
        seen.update(scope)

    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(TrustedProxies(TRUSTED, application)(scope, None, None))

    assert ((seen["client"] or (UNKNOWN,))[0], seen["scheme"]) == expected


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "::/0", "nonsense", "10.0.0.1/8", "::ffff:10.0.0.0/104", "fe80::1%eth0"]
)
def test_no_network_or_the_network_of_all_stops_the_start(text) -> None:
    with pytest.raises(setting_values.Misconfigured):
        setting_values.parse_networks([text])


def test_networks_are_read() -> None:
    assert TRUSTED[0] == ipaddress.ip_network("10.0.0.0/8")


@pytest.fixture(scope="module")
def proxied(store_url, tmp_path_factory):
    """An authority that takes this machine's word for where a request came from."""
    path = tmp_path_factory.mktemp("proxied") / "data"
    yield from serving(
        path, store_url, trusted_proxies=setting_values.parse_networks(["127.0.0.1"])
    )


def test_a_policy_sees_the_address_that_the_proxy_saw(proxied) -> None:
    statement = allow(
        "iam:ListUsers",
        Condition={
            "IpAddress": {"aws:SourceIp": "198.51.100.0/24"},
            "Bool": {"aws:SecureTransport": "true"},
        },
    )
    iam = proxied.client("iam", proxied.user("behind", statement))

    def forwarded(request, **_):
        request.headers["X-Forwarded-For"] = "198.51.100.7"
        request.headers["X-Forwarded-Proto"] = "https"

    with pytest.raises(ClientError, match="AccessDenied"):
        iam.list_users()
    iam.meta.events.register("before-send.iam.ListUsers", forwarded)
    assert iam.list_users()["Users"]


UNREADABLE = "203.0.113.9, unknown"


@pytest.mark.parametrize(
    ("statements", "is_allowed"),
    [
        ([allow("iam:ListUsers", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})], False),
        ([allow("iam:ListUsers", Condition={"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}})], True),
        ([allow("iam:ListUsers", Condition={"Null": {"aws:SourceIp": "true"}})], True),
        ([allow("iam:ListUsers"), {**allow("iam:ListUsers"), "Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}], False),
    ],
    ids=["inner addresses", "outer addresses", "none", "a Deny on outer addresses"],
)  # fmt: skip
def test_an_unreadable_hop_is_no_address_for_policies_and_the_log(
    proxied, statements, is_allowed
) -> None:
    """The last hop that could not be read counted as the proxy's own address."""
    name = f"hop{abs(hash(str(statements)))}"
    iam = proxied.client("iam", proxied.user(name, *statements))

    def forwarded(request, **_):
        request.headers["X-Forwarded-For"] = UNREADABLE

    iam.meta.events.register("before-send.iam.ListUsers", forwarded)
    if is_allowed:
        assert iam.list_users()["Users"]
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.list_users()
    last = proxied.data.audit.path.read_bytes().splitlines()[-1]

    assert b'"unknown"' in last
    assert b"203.0.113.9" not in last
