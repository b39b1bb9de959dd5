"""What is true of an organization: its tree, its handshakes and transfers, and its policies (`policies/`).

In: the rules, as pure functions of records. Out: the records (`core.domain.organizations`), deciding on control policies
(`core.policy`), what all of it means for each account (`state.snapshot.organization_view`), and the operations
(`services.organizations`). Start with `tree` and `policies/policy_types`.
"""
