"""What an audit record may hold of a call: texts within bounds, parameters and results without secrets.

Out: the record itself and the file that it is written to (`server.event`, `server.audit_log`). Start at `parameters`.
"""
