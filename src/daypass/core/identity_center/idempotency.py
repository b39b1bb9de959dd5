"""Whether a call that repeats a client token is the same call as the one before.

Source: IAM Identity Center API reference, "CreateInstance": passing the same token again requires
the same value for all other parameters.
"""

import hashlib
from collections.abc import Mapping

import msgspec

_TOKEN = "ClientToken"  # noqa: S105 - the parameter's name


def arguments_digest(parameters: Mapping[str, object]) -> str:
    """Return a digest of a call's parameters but its client token, whatever their order was."""
    others = {name: value for name, value in parameters.items() if name != _TOKEN}
    encoded = msgspec.json.encode(others, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()
