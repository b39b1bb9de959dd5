"""From what exists to what a file says, by pure functions: steps, their order, their outcome.

`organization_steps` and `iam_steps` are what can be done, `resolve` brings ids and names together,
`plan`, `plan_principals` and `removals` find the steps, `outcome` applies them to values, `effects`
asks `probe_requests` before and after, to say who gains or loses what. Out: making the calls
(`blueprint.carry_out`) and showing a plan (`blueprint.wording`). Start with `plan`.
"""
