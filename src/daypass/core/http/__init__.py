"""A raw HTTP request, and its one normal form, which signatures, protocols and the gate share.

In: the request as it arrived (`request`), its query and headers as every reader sees them
(`normalization`), header syntax (`fields`, `hosts`), paths (`paths`), ASGI's types (`asgi_types`).
Out: who signed a request (`core.sigv4`), which operation it calls (`wire`, `gate.request`). Start
with `request`.
"""
