"""One entry of the cache: temporary credentials, and what is exported beside them."""

TYPE_CHECKING = False  # `typing` takes longer to load than a hit of the cache takes
if TYPE_CHECKING:
    from collections.abc import Mapping

_PROFILE = "profile "
_VARIABLES = "variables"


class CacheEntry:
    """Temporary credentials as the cache stores them; `expires` is seconds since 1970.

    `profiles` are those that the credentials are for, with those on their `source_profile` chains.
    `variables` are those for endpoints, region and authorities that are exported beside the
    credentials (`endpoints.profile_variables`); None if they are not known. Never changed once made
    (`replace`); a dataclass or named tuple would load more modules than a hit needs.
    """

    __slots__ = (
        "access_key_id",
        "account",
        "expires",
        "profiles",
        "secret_access_key",
        "session_token",
        "variables",
    )

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str,
        expires: int,
        account: str = "",
        profiles: tuple[str, ...] = (),
        variables: "Mapping[str, str] | None" = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires = expires
        self.account = account
        self.profiles = profiles
        self.variables = variables

    def replace(
        self,
        *,
        profiles: tuple[str, ...] | None = None,
        variables: "Mapping[str, str] | None" = None,
    ) -> "CacheEntry":
        """Return this entry with other profiles or variables; None keeps those that it has."""
        return CacheEntry(
            self.access_key_id,
            self.secret_access_key,
            self.session_token,
            self.expires,
            self.account,
            self.profiles if profiles is None else profiles,
            self.variables if variables is None else variables,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CacheEntry):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(self.access_key_id)

    def __repr__(self) -> str:
        """Return the access key id and expiry, without secrets."""
        return f"Entry({self.access_key_id!r}, expires={self.expires})"


def encode_entry(entry: CacheEntry) -> bytes:
    """Return an entry as lines; raises `ValueError` for a field that contains a line end."""
    lines = [
        entry.access_key_id,
        entry.secret_access_key,
        entry.session_token,
        str(entry.expires),
        entry.account,
        *(f"{_PROFILE}{name}" for name in entry.profiles),
    ]
    if entry.variables is not None:
        lines.append(_VARIABLES)
        lines += [f"{name}={value}" for name, value in entry.variables.items()]
    if any("\n" in each for each in lines):
        raise ValueError("a credential holds a line end")
    return "\n".join(lines).encode()


def decode_entry(body: bytes) -> CacheEntry:
    """Return the entry of `encode_entry`'s bytes; raises `ValueError` for any other bytes."""
    key_id, secret, token, expires, account, *rest = body.decode().split("\n")
    count = 0
    while count < len(rest) and rest[count].startswith(_PROFILE):
        count += 1
    profiles = tuple(each[len(_PROFILE) :] for each in rest[:count])
    variables = None
    if rest[count:]:
        marker, *exported = rest[count:]
        if marker != _VARIABLES:
            raise ValueError("a line of a cache entry is of no known kind")
        variables = dict(each.split("=", 1) for each in exported)
    return CacheEntry(key_id, secret, token, int(expires), account, profiles, variables)
