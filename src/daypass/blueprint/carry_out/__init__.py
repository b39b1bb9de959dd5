"""Carrying out a plan by one API call for each step; it can be interrupted and run again.

`organization_calls` (with `account_creation`), `iam_calls` and `people_calls` have the call of each
step class.
Out: the steps and their order (`blueprint.plan`). Start with `carry_out`.
"""
