"""Which values of the Host header name a host."""

import pytest

from daypass.core.http.hosts import is_host


@pytest.mark.parametrize(
    "value",
    [b"h", b"gate.test", b"gate.test.", b"GATE.test:80", b"gate.test:", b"10.0.0.1:9000", b"[::1]", b"[::1]:80", b"[2001:db8::1]:", b"[::ffff:10.0.0.1]", b"[v1.a:b]", b"a_b~c", b"a%20b", b"a,b", b"a!$&'()*+;=b", b"999.1.1.1"],
)  # fmt: skip
def test_a_name_or_an_address_with_or_without_a_port_is_a_host(value) -> None:
    assert is_host(value)


@pytest.mark.parametrize(
    "value",
    [b"", b":80", b"a b", b" a", b"a ", b"a\t", b"a/b", b"a/b?x#y", b"a?b", b"a#b", b"user@h", b"h:80:80", b"h:x", b"h:-1", b"h:+1", b"h:\xb2", b"a\\b", b"<a>", b'"a"', b"a^b", b"a`b", b"a{b}", b"a|b", b"a%zzb", b"a%2", b"%", b"\xc3\xa9", b"a\x00b", b"a\x7f", b"a\nb", b"h\n", b"[::1", b"::1", b"[zz]", b"[]", b"[::1]x", b"[::1]:x", b"[fe80::1%25eth0]", b"[fe80::1%eth0]", b"[10.0.0.1]", b"[v.a]", b"[v1.]", b"[1:2:3:4:5:6:7:8:9]"],
)  # fmt: skip
def test_anything_else_is_no_host(value) -> None:
    assert not is_host(value)
