"""New ids in AWS's formats, made of random bytes: organizations, units, policies, accounts.

Most are a prefix with lower-case letters and digits. Source: Organizations API reference, the
pattern of each id.
"""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
ENTROPY_BYTES = 24
"""Random bytes for one id; more than any id needs."""


def organization(entropy: bytes) -> str:
    """Return a new organization id, such as `o-a1b2c3d4e5`."""
    return f"o-{_random_text(entropy, 10)}"


def root(entropy: bytes) -> str:
    """Return a new root id, such as `r-a1b2`."""
    return f"r-{_random_text(entropy, 4)}"


def unit(root_id: str, entropy: bytes) -> str:
    """Return a new unit id, such as `ou-a1b2-c3d4e5f6`, which contains the root's."""
    return f"ou-{root_id.removeprefix('r-')}-{_random_text(entropy, 8)}"


def policy(entropy: bytes) -> str:
    """Return a new policy id, such as `p-a1b2c3d4e5`."""
    return f"p-{_random_text(entropy, 10)}"


def handshake(entropy: bytes) -> str:
    """Return a new handshake id, such as `h-a1b2c3d4e5`."""
    return f"h-{_random_text(entropy, 10)}"


def creation(entropy: bytes) -> str:
    """Return a new id of a CreateAccount request, `car-` and sixteen characters."""
    return f"car-{_random_text(entropy, 16)}"


def resource_policy(entropy: bytes) -> str:
    """Return a new id of a resource policy, such as `rp-a1b2c3d4`."""
    return f"rp-{_random_text(entropy, 8)}"


def transfer(entropy: bytes) -> str:
    """Return a new id of a responsibility transfer, `rt-` and sixteen characters."""
    return f"rt-{_random_text(entropy, 16)}"


def account(entropy: bytes) -> str:
    """Return a new account id: twelve random digits that do not begin with a zero."""
    return f"{10**11 + int.from_bytes(entropy[:8], 'big') % (9 * 10**11):012d}"


def _random_text(entropy: bytes, length: int) -> str:
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in entropy[:length])
