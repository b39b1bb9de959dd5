"""`daypass log`: the audit log for people, and whether its chain is whole.

In: a file for each subcommand, the lines of all nodes in one order (`merged_log`), one line as a
sentence (`line_text`), the group itself (`commands`). Out: reading, verifying and accepting breaks
of a log (`server.audit`). Start reading at `commands`.
"""
