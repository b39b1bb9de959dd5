"""The operator's commands beside a running server, and the changes they make.

In: how a command reaches the server (`control_socket`), or the data where no server runs
(`authority_link`); who answers it (`command_handler`): by an operation of AWS's API
(`operation_calls`), by reading (`identity_center_queries`), by changes that the API cannot make
(`operator_changes`, `identity_center_changes`); the records of operators' acts in the audit log
(`operator_events`); the findings about the object store (`store_check`).

Out: the commands themselves (`cli`), what a signal changes (`server.reload`).

Start reading at `control_socket`.
"""
