"""Commands for whoever runs a server: starting it, and what is done beside it on its own host.

In: `up`, `root`, `keys`, `log/`, `account`, `bucket`, `gate`, `coverage`; where a server's data is
(`data`). Out: what these commands change in a running server (`server.operator`), AWS's managed
policies (`cli.policy.policy_load`). Start reading at `up`.
"""
