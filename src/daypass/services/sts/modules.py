"""The files in which STS's operations are found."""

from daypass.services.sts import assume_role, identity, session_token

MODULES = (assume_role, identity, session_token)
