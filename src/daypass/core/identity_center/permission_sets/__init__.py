"""Permission sets: their edits, their session durations, and the roles that are made of them.

In: the edits within their quotas (`edits`), durations (`session_durations`), the role that a set
makes and the steps of IAM that lie between two states of it (`provisioning`), and the SAML provider
that its trust names (`saml_metadata`).

Out: the records (`core.domain.identity_center`), the names of roles and providers
(`core.identity_center.reserved_roles`) and the operations (`services.ssoadmin`). Start with
`provisioning`.
"""
