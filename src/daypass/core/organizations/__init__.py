"""The rules of an organization: its tree, handshakes, transfers, ids, names and policies.

In: rules as pure functions of records. Out: the records (`core.domain.organizations`), evaluating
control policies (`core.policy`), the policies of each account (`state.snapshot.organization_view`),
and the operations (`services.organizations`). Start with `tree` and `policies/policy_types`.
"""
