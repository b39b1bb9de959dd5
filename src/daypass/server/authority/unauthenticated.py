"""The closed list of operations that may be called without proving a caller, each one reviewed.

Such an operation has to be safe for anybody who reaches the port: it proves its caller by its
parameters (a token of another issuer), or begins a flow that somebody else completes. The server
does not start if an operation of the scheme `none` is missing here, or if a name here is no
operation of that scheme.
"""

UNAUTHENTICATED: frozenset[str] = frozenset()
"""Names as `sts:AssumeRoleWithWebIdentity`: the service's name and the operation's."""
