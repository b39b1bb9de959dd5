"""The audit log: one hash-chained line per decision, written before the answer is sent.

In: the record of a decision (`event`), the bytes of a line (`line_format`) and lines as values
(`log_lines`), the file that lines are appended to (`log_file`, `disk`), batches of lines
(`recorder`), the events of commits until their lines are written (`outbox`, and `draining` of those
that an earlier start left); verifying whole files against the chain (`verification`), records of
breaks and who accepted them (`break_records`, `break_acceptance`), opening a node's log and
comparing it while a server runs (`open_log`, `log_watch`), the logs of nodes that do not run
(`stopped_nodes`), the logs of all nodes as one (`merging`).

Out: what a call's event holds (`server.authority.event_of_call`), showing lines (`daypass log`).

Start reading at `event`, then `line_format`.
"""
