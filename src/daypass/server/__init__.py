"""The server: HTTP, the authority that answers calls, the audit log, jobs, and the process.

In: `http` (connections and requests), `authority` (calls), `audit`, `jobs`, `health`, `operator`
(the operator's commands), `settings`, `workers` (several processes), and in this folder how they
are put together (`app`, `gateway`) and run (`serving`, `standalone`, `single_process`).
Out: what an operation does (`services`), what the gate does (`gate`), what is stored (`state`).
Start reading at `app`, then `single_process`.
"""
