"""The rules of an organization's policies: types, checks, attaching, and what an account gets.

`policy_types` lists the types. `control_policies` compiles the SCPs and RCPs above an account for
the policy engine, `inheritance` merges management policies (tag policies and the like) down the
tree. `policy_rules` and `resource_policies` check new documents, `tag_policies` checks tags. The
operations are `services.organizations.policies`. Start with `policy_types`.
"""
