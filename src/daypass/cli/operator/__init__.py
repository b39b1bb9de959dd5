"""Commands for the operator of a server: starting it, and administering it on its own host.

In: `up`, `root`, `keys`, `log/`, `account`, `bucket`, `people/`, `gate`, `coverage`; options made
from the server's settings (`options`), durations, errors of a data directory (`data_errors`). Out:
changing a running server (`server.operator`), loading AWS managed policies
(`cli.policy.policy_load`). Start with `up`.
"""
