"""`daypass log`: show the audit log, explain its refusals, and verify its hash chain.

In: a file for each subcommand, the lines of all nodes in one order (`merged_log`), the text of one
line (`line_text`), the group itself (`commands`). Out: reading, verifying and accepting breaks
of a log (`server.audit`). Start reading at `commands`.
"""
