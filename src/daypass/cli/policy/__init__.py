"""`daypass policy`: explain, simulate, lint and test policies, load what AWS manages.

In: a file for each subcommand, what they read (`policy_files`, and callers in words:
`named_principal`), the group itself (`commands`). Out: the engine (`daypass.policy`), decisions as
text, which `daypass log why` prints too (`explanation_text`, beside this room). Start reading at
`commands`.
"""
