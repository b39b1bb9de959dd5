"""An organization's policies: what may be written and attached, what stands above an account, and how policies are inherited.

`policy_types` says which types there are; `ceilings` compiles the control policies (SCPs, RCPs) above an account for the policy
engine, `inheritance` merges management policies (tag policies and their like) down the tree. `policy_rules` and
`resource_policies` check what is written. The operations are `services.organizations.policies`. Start with `policy_types`.
"""
