"""The schemes by which callers are proved: a file for each, which exports the scheme as `SCHEME`.

`scheme_registry` finds them. `s3` has no `SCHEME`: it is the dialect of `sigv4` that the gate's
clients use. What all schemes share is in `server.authority.prove`.
"""
