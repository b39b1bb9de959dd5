"""The organization's policies: created, attached to roots, units and accounts, merged.

In: policies from creation to deletion (`policy_lifecycle`), their `attachments`, the merged
management policies of an account (`management_policies`), the organization's `resource_policy`.

Out: what a policy of a type may say (`core.organizations`), which types are enabled (`tree.roots`),
how policies decide (`core.policy.decision`). Start with `policy_lifecycle`.
"""
