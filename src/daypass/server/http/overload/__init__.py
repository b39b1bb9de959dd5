"""Overload: what the server does when more connections or requests come than it can serve.

In: the bounds on connections (`connections`), how many requests begin in one turn of the event loop
(`request_queue`), pauses in reading refused connections (`held_connections`), and refusals that
cost little (`quick_refusals`), in the protocol that the client reads (`early_refusals`).
Out: how often one caller may call (`server.authority.rates`), the gate's memory
(`gate.buffer_quota`). Start reading at `request_queue`.
"""
