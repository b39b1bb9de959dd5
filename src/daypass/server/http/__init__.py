"""The HTTP edge: connections, TLS, proxies, and the application that hands requests to doors.

Out: who calls and what becomes of a call (`server.authority`), what a server does besides requests
(`server.serving`).
Start reading at `asgi`; `protocol` is one connection, `overload/` bounds connections and requests.
"""
