"""The organization as a tree: its root, units and accounts, and what hangs where.

In: the root with the policy types that are on (`roots`), units (`units`), who hangs below whom
(`children`).
Out: finding a node by its id (`nodes`) and accounts themselves (`accounts`), both beside this room;
policies at a node (`policies.attachments`). Start reading at `roots`.
"""
