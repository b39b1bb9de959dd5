"""Carrying a plan out, one API call for each step, so that it may be stopped and begun again at any point.

`organization_calls` (with `account_creation`) and `iam_calls` have a call for each step. Out: which steps, in which order
(`blueprint.plan`). Start with `carry_out`.
"""
