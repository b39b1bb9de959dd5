"""`daypass policy`: explain, simulate, lint and test policies, load what AWS manages.

In: a file for each subcommand, what they read (`policy_files`, and callers in words: `principals`), the group itself (`group`).
Out: the engine (`daypass.policy`), decisions as text, which `daypass log why` prints too (`policy_text`, beside this room).
Start reading at `group`.
"""
