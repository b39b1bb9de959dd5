"""Carrying a plan out by one API call for each step; it may be stopped and begun again anywhere.

`organization_calls` (with `account_creation`) and `iam_calls` have a call for each step. Out: which
steps, in which order (`blueprint.plan`). Start with `carry_out`.
"""
