"""SimulateCustomPolicy, SimulatePrincipalPolicy and the operations that list the context keys of policies.

`simulate` answers the operations; `simulated_policies` gathers the policies of the simulated user, group or role. The decision
itself is made by `core.policy.decision`, exactly as for a real request.
"""
