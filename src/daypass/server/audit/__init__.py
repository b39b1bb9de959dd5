"""What keeps the audit log from being forged, cut or lost unseen.

In: how a line is spelled and hashed (`line`), reading whole files against the chain (`verification`), breaks and who accepted
them (`breaks`, `accepting`), opening a node's log and watching it while a server runs (`keeping`), the logs of nodes that do not
run (`chains`), the logs of all nodes as one (`merging`).
Out: what an event says and the file that takes lines (`audit_log`), batches of them (`recorder`), showing them (`daypass log`).
Start with `line`.
"""
