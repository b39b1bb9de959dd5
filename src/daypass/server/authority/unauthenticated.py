"""The operations that anybody may call without proving who calls: all there are, each reviewed.

Such an operation has to be safe for whoever reaches the port: it proves its caller by what its parameters hold (a token of another
issuer), or begins something that somebody else completes. A start fails for an operation of the scheme `none` that is not here, and for a
name here that is no such operation.
"""

UNAUTHENTICATED: frozenset[str] = frozenset()
"""As `sts:AssumeRoleWithWebIdentity`: the service's name and the operation's."""
