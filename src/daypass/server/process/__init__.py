"""The process that a server runs in.

In: signals that it survives (`signals`), a terminal that goes away (`terminal`), libraries with known holes that it refuses (`floors`), how many descriptors
it may have (`descriptors`).
Out: several processes (`server.workers`), what a signal has read again (`server.reload`).
Start reading at `signals`.
"""
