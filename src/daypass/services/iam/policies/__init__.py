"""IAM's operations on policies: managed policies and versions, inline policies, boundaries.

`aws_managed` has the policies that AWS publishes, `attached_entities` finds what has a managed
policy attached.

Out: what a policy means (`core.policy`) and simulating policies (`services.iam.simulation`). Start
with `managed_policies`.
"""
