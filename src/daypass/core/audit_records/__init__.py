"""The content of a call's audit record: bounded texts, parameters and results without secrets.

Out: the record itself and the file that it is written to (`server.audit.event`,
`server.audit.log_file`).

Start reading at `recorded_parameters`.
"""
