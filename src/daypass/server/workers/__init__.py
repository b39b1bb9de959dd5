"""Several processes that serve one data directory, all alike, under one parent.

In: the parent, which has the directory's lock and the sockets, starts the workers and starts again who dies (`parent`); a worker, which
is a server like the one that is alone (`worker`); the memory that they share (`board`), by which the answer to a change waits until
every worker has it (`fence`); what they say to each other (`channel`), and their metrics as one page (`gathering`).
Out: what a server does (`server.single_process`), how a change is committed and found by others (`state`).
Start reading at `parent`.
"""
