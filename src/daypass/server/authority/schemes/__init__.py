"""The ways to prove a caller: a file for each, with its `SCHEME`, which `prove` finds.

`s3` is no way of its own: it is the dialect of `sigv4` that the gate's clients speak. What all have in common is in
`server.authority.prove`.
"""
