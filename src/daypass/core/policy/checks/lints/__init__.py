"""What lint says beside violations: errors and warnings about documents that are stored.

In: one file for each element (`actions`, `resources`, `conditions`, `variables`), values that no
operator can read (`unreadable`), permissions that are wider than most authors mean (`risks`), and
the level and the fix of each kind of finding (`codes`).
Out: what the authority refuses (`checks.validate`).
Start reading at `codes`.
"""
