"""AWS Organizations: many accounts under one root, and policies above all of them.

One file for each noun.

In: who may call what before any policy is asked (`membership`), accounts (`accounts`, `creations`),
the organization itself (`organization`), delegated services (`service_access`), tags; rooms for
`handshakes`, `policies` and the `tree`.
Out: the rules without a snapshot (`core.organizations`).
Start reading at `membership`, then the file of your noun.
"""
