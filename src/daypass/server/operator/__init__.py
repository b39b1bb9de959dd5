"""The operator's commands beside a running server, and the changes they make.

In: how a command reaches the server (`control_socket`), the changes it makes there
(`operator_changes`), their records in the audit log (`operator_events`), the findings about the
object store (`store_check`).

Out: the commands themselves (`cli`), what a signal changes (`server.reload`).

Start reading at `control_socket`.
"""
