"""The organization's policies: written, attached to roots, units and accounts, and what follows from them.

In: a policy from its creation to its deletion (`policy_lifecycle`), where it hangs (`attachments`),
what management policies come to for an account (`effective_policies`), the organization's own
resource policy (`resource_policy`).
Out: what a policy of a type may say (`core.organizations`), which types are on (`tree.roots`), how
they decide (`core.policy.decision`).
Start reading at `policy_lifecycle`.
"""
