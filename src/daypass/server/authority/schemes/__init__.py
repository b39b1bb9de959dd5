"""The ways to prove a caller: a file for each, with its `SCHEME`, which `prove` finds. What they have in common is in `server.authority.prove`."""
