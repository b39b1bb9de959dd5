"""New ids in the formats of IAM Identity Center, made of random bytes, and the ARNs of accounts.

Source: the patterns in the models of `sso-admin` and `identitystore`.
"""

import uuid

HEX_BYTES = 8
"""Random bytes for an id with sixteen hexadecimal digits."""
UUID_BYTES = 16
STORE_BYTES = 5


def instance(entropy: bytes) -> str:
    """Return a new instance id, such as `ssoins-0123456789abcdef`, from eight random bytes."""
    return f"ssoins-{entropy[:HEX_BYTES].hex()}"


def permission_set(entropy: bytes) -> str:
    """Return a new permission set id, such as `ps-0123456789abcdef`, from eight random bytes."""
    return f"ps-{entropy[:HEX_BYTES].hex()}"


def identity_store(entropy: bytes) -> str:
    """Return a new identity store id, such as `d-0123456789`, from five random bytes."""
    return f"d-{entropy[:STORE_BYTES].hex()}"


def new_uuid(entropy: bytes) -> str:
    """Return a new random UUID (RFC 9562, version 4) in lower case, from sixteen random bytes.

    People, groups, memberships and requests have such ids.
    """
    return str(uuid.UUID(bytes=entropy[:UUID_BYTES], version=4))


def account_arn(account: str) -> str:
    """Return the ARN by which policies name an account as a target: `arn:aws:sso:::account/…`."""
    return f"arn:aws:sso:::account/{account}"
