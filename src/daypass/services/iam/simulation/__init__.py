"""SimulateCustomPolicy, SimulatePrincipalPolicy and the operations that list the keys of policies.

`simulate` answers the operations, with `simulated_request` (caller, owner and keys as requested),
`simulated_policies` (those of the simulated user, group or role) and `results` (which statements
decided, which keys were missing). The decision itself is made by `core.policy.decision`, exactly as
for a real request.
"""
