"""The operating system process of a server: signals, terminal, library versions, descriptors.

In: handling signals other than those that end a server (`signals`), a terminal that is closed
(`terminal`), refusing to start with library versions that have known holes (`library_versions`),
the limit of open descriptors (`descriptors`).

Out: several processes (`server.workers`), what a signal makes the server reload (`server.reload`).

Start reading at `signals`.
"""
