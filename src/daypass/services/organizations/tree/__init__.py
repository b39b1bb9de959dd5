"""The organization as a tree of root, units and accounts.

In: the root with the enabled policy types (`roots`), `units`, parents and `children`.

Out: changes that are the same for all nodes (`tree_nodes`) and the accounts themselves
(`accounts`), both beside this room; policies attached to a node (`policies.attachments`). Start
with `roots`.
"""
