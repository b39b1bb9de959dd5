"""The audit log: what is told, that it is written, and that it cannot be forged, cut or lost unseen.

In: what a line says (`event`) and how it is spelled and hashed (`line`), reading one (`log_lines`),
the file that takes lines (`log_file`, which refuses as `unrecorded` says), batches of them
(`recorder`), the events of commits until their lines are written (`outbox`, and `draining` of those
that an earlier start left); reading whole files against the chain (`verification`), breaks and who
accepted them (`breaks`, `accepting`), opening a node's log and watching it while a server runs
(`keeping`), the logs of nodes that do not run (`chains`), the logs of all nodes as one (`merging`).
Out: what a call's event holds (`server.authority.event_of_call`), showing lines (`daypass log`).
Start reading at `event`, then `line`.
"""
