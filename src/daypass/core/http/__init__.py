"""A request of HTTP as it came, and the one reading of it, which signatures, protocols and the gate share.

Out: what proves a request (`core.sigv4`), what an API makes of it (`wire`). Start with `request`.
"""
