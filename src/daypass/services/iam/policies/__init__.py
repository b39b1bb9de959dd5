"""IAM's operations on policies: managed ones and their versions, inline ones, attachments and permissions boundaries.

`aws_managed` are the policies that AWS publishes, `attached_entities` says what a managed policy is
attached to. What a policy means is `core.policy`; simulating policies is
`services.iam.simulation.simulate`. Start with `managed_policies`.
"""
