"""What every operation uses, whatever its service: caller, context, authorization, decorator.

In: the declaration of operations (`operation`) and services (`service`); what an operation gets
(`context`, `external_facts`); callers and their proofs (`caller`, `proof`, `mfa`); the
authorization of a call (`authorization_question`, `context_keys`, `effective_policies`,
`authorization`) and why it was refused (`refusal_reasons`, `recalled_policies`); `tags`;
`audit_fields`.

Out: the pipeline that runs an operation (`server.authority`) and the policy engine (`core.policy`).
Start with `operation`, then `context`.
"""
