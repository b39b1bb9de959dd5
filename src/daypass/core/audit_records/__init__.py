"""What an audit record may hold of a call: texts within bounds, parameters and results without secrets.

Out: the record itself and the file that it is written to (`server.audit.event`, `server.audit.log_file`). Start at `parameters`.
"""
