"""The operator's commands beside a running server, and what they change.

In: how a command reaches the server (`control`), what it changes there (`workbench`), what the audit log is told of it (`acts`), what is known of the
object store since it was tried out (`store_check`).
Out: the commands themselves (`cli`), what a signal changes (`server.reload`).
Start reading at `control`.
"""
