"""The way in and out over HTTP: connections, TLS, proxies, and the application that hands each request to its door.

Out: who calls and what becomes of a call (`server.authority`). Start with `asgi`; `protocol` is one connection.
"""
