"""The HTTP edge: connections, TLS, proxies, and the application that hands requests to doors.

Out: who calls and what becomes of a call (`server.authority`), what a server does besides requests
(`server.serving`).
Start reading at `asgi`; `protocol` is one connection, `direct_protocol` the one that answers most
calls of the API without ASGI (`direct`), `overload/` bounds connections and requests.
"""
