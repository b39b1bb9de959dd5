"""`daypass policy`: explain, simulate, lint and test policies; load AWS managed policies.

In: a file for each subcommand, the largest files that they read (`policy_files`), the format of
`daypass policy test` (`expectations`), principals from ARNs (`named_principal`) and from accounts
(`account_reading`), the group itself (`commands`). Out: the policy engine (`daypass.policy`),
decisions as text, which `daypass log why` prints too (`cli.explanation_text`). Start with
`commands`.
"""
