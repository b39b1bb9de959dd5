"""Planning people, groups, permission sets and assignments, by pure functions.

`steps` are the step classes, `match` gives the file's names their existing spelling, `changes`
finds the steps in their order, `outcome` applies them to values, `effects` says who gains or loses
what. Out: Organizations and accounts' IAM (`blueprint.plan`). Start with `changes`.
"""
