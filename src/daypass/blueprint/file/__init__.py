"""The organization file: reading it, with every error on its line, and writing it.

`schema.json` and `shape` say which shape it has, `read` and its parts read it, `consistency` checks
the parts against each other, `write` writes it. Out: what the values mean
(`blueprint.organization`) and what differs from what exists (`blueprint.plan`). Start with `read`.
"""
