"""Values for any shape of a model: the smallest that is legal, a full one, and ones that break a
constraint.
"""

import datetime

import regex

CANDIDATES = [
    "a",
    "A1",
    "abcd",
    "x" * 10,
    "x" * 20,
    "111122223333",
    "123456",
    "eu-west-1",
    "v1",
    "PT1H",
    "en",
    "en-US",
    "/",
    "/a/",
    "a@b.co",
    "http://a.b/c",
    "https://a.b/c",
    "arn:aws:iam::111122223333:role/abc",
    "arn:aws:iam::aws:policy/x",
    "arn:aws:iam::111122223333:policy/x",
    "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    "ssoins-0123456789abcdef",
    "d-1234567890",
    "o-abcdefghij",
    "ou-abcd-abcdefgh",
    "r-abcd",
    "p-abcdefgh",
    "car-abcdefgh",
    "h-abcdefgh",
    "12345678-1234-1234-1234-123456789012",
    "1234567890-12345678-1234-1234-1234-123456789012",
    "arn:aws:sso::111122223333:application/ssoins-0123456789abcdef/apl-0123456789abcdef",
    "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-0123456789abcdef/tti-12345678-1234-1234-1234-123456789012",
    "arn:aws:sso::aws:applicationProvider/x",
    "ABCDEFGHIJKLMNOPQRST",
    "ab",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/12345678-1234-1234-1234-123456789012",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/12345678-1234-1234-1234-123456789012",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:crl/12345678-1234-1234-1234-123456789012",
    "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012",
    "rp-abcdefgh",
    "rt-abcdefgh",
    "arn:aws:organizations::111122223333:policy/o-abcdefghij/service_control_policy/p-abcdefgh",
    "arn:aws:organizations::111122223333:responsibilitytransfer/o-abcdefghij/transfer/rt-abcdefgh",
    "POLICY",
    "iam",
    "iam.amazonaws.com",
    "sso.amazonaws.com",
    "arn:aws:signin:::devtools/same-device",
    "urn:ietf:params:oauth:grant-type:device_code",
    "SHA-256",
    "authorization_code",
    "x" * 43,
    "Aa1-._~" * 8,
    "arn:aws:iam::111122223333:saml-provider/abc",
    "AROA12345678901234567",
    "x" * 100,
    "ssoins-0123456789abcdef.x",
    "arn:aws:identitystore::111122223333:identitystore/d-1234567890",
    "aws:identitystore",
    "arn:aws:sso:::user/d-1234567890",
    "rev",
    "enterprise",
    "2026-01-01",
    "arn:aws:s3:::b/k",
    "2001:db8::1",
    "0",
    "a.b",
    "arn:aws:rolesanywhere:x:y:subject/z",
    "ct-12345678",
    "arn:aws:organizations::111122223333:account/o-abcdefghij/111122223333",
    "arn:aws:lambda:eu-west-1:111122223333:function:f",
    "openid",
    "1.2.3.4",
    "12345",
    "us-east-1.signin.aws",
    "arn:aws:identitystore:::user/12345678-1234-1234-1234-123456789012",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:alias/trust-anchor/x",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:alias/profile/x",
    "arn:aws:rolesanywhere:eu-west-1:111122223333:alias/crl/x",
    "arn:aws:organizations::111122223333:handshake/o-abcdefghij/invite/h-abcdefgh",
    "aws:identitystore:x",
    "client_credentials",
    "arn:aws:organizations::111122223333:transfer/o-abcdefghij/billing/inbound/rt-abcdefgh",
    "arn:aws:organizations::111122223333:policy/o-abcdefghij/service_control_policy/p-abcdefghij",
    "Bearer",
    "o-abcdefghij/r-abcd/",
    "o-abcdefghij/r-abcd",
    "arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-abcd-abcdefgh",
    "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-12345678",
    "vpc-12345678",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "arn:aws:organizations::111122223333:root/o-abcdefghij/r-abcd",
    "ASOR" + "a" * 20,
    "ASOA" + "a" * 20,
    "vpce-12345678",
    "aws_sigv4",
    "arn:aws:organizations::111122223333:resourcepolicy/o-abcdefghij/rp-abcd",
    "arn:aws:organizations::111122223333:organization/o-abcdefghij",
    "urn:ietf:params:oauth:token-type:access_token",
    "access_token",
    "refresh_token",
    "urn:ietf:params:oauth:token-type:jwt",
    "jwt",
    "urn:ietf:params:oauth:token-type:refresh_token",
    "aws:identitystore:enterprise",
    "Z" * 36,
    "x" * 64,
]
NOW = datetime.datetime(2026, 11, 24, 1, 2, 3, tzinfo=datetime.UTC)


class Impossible(Exception):
    """No candidate fits a pattern: add one."""


def value(model, shape_name, *, full, depth=0):
    shape = model.shape(shape_name)
    if shape.is_document:
        return {"a": ["b", 1]}
    if shape.kind == "structure":
        members = [
            each for each in shape.members if each.name in shape.required or (full and depth < 4)
        ]
        if shape.is_union:
            members = list(shape.members)[:1]
        if not members and depth:
            members = list(shape.members)[:1]  # a form cannot hold an empty structure
        return {each.name: value(model, each.shape, full=full, depth=depth + 1) for each in members}
    if shape.kind == "list":
        count = max(int(shape.minimum or 0), 1 if full or depth else 0)
        return [value(model, shape.item.shape, full=full, depth=depth + 1) for _ in range(count)]
    if shape.kind == "map":
        return {
            value(model, shape.key, full=full, depth=depth + 1): value(
                model, shape.value, full=full, depth=depth + 1
            )
        }
    return scalar(shape)


def scalar(shape):
    if shape.kind in {"integer", "long"}:
        return int(shape.minimum if shape.minimum is not None else min(shape.maximum or 7, 7))
    if shape.kind in {"float", "double"}:
        return 1.5
    if shape.kind == "boolean":
        return True
    if shape.kind == "timestamp":
        return NOW
    if shape.kind == "blob":
        return b"\x00\xff" * max(1, int(shape.minimum or 1))
    return string(shape)


def string(shape):
    if shape.enum:
        return shape.enum[-1]
    low, high = int(shape.minimum or 0), int(shape.maximum or 10**6)
    pattern = shape.pattern and regex.compile(
        shape.pattern, 0 if "\\p" in shape.pattern else regex.ASCII
    )
    for each in [*CANDIDATES, "x" * low, "a/" * low]:
        if low <= len(each) <= high and (not pattern or pattern.fullmatch(each)):
            return each
    raise Impossible(f"{shape.name}: {shape.pattern} {low}..{high}")
