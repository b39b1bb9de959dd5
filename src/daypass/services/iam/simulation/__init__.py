"""IAM's policy simulator: SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysFor….

`simulate` has the operations, `simulated_request` reads caller, owner and keys from the request,
`simulated_policies` finds the policies of a user, group or role, and `evaluation_results` makes the
entries of the answer.

Out: the decision itself, which `core.policy.decision` makes exactly as for a real request. Start
with `simulate`.
"""
