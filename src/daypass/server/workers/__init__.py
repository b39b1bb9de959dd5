"""Several worker processes that serve one data directory, under one parent process.

In: the parent, which has the directory's lock and the sockets, and starts and restarts the workers
(`parent`, with what it knows of each: `worker`, `worker_sockets`); a worker's process around its
server (`worker_process`); the memory they share (`scoreboard`), by which the answer to a change
waits until every worker has applied it (`commit_barrier`); their messages (`channel`), and their
metrics as one page (`gathered_metrics`).

Out: what a server does (`server.single_process`), how a change is committed and found by others
(`state`).

Start reading at `serve`, then `parent`.
"""
