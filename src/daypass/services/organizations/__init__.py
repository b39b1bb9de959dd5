"""AWS Organizations: many accounts under one root, with policies above them; one file per noun.

In: who may call what before any policy is evaluated (`membership`), accounts (`accounts`,
`account_creations`), the organization itself (`organization`), trusted services and delegated
administrators (`service_access`), `tags`; rooms for `handshakes`, `policies` and the `tree`.

Out: the rules without a snapshot (`core.organizations`). Start with `membership`, then the file of
your noun.
"""
