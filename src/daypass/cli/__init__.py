"""The `daypass` command line: one file for each command, imported only when it runs.

`client/` gets temporary credentials, `operator/` runs and administers a server, `organization/`
applies and exports an organization file, `policy/` explains and tests policies, `tour/` shows all
of it. Errors are raised as `CommandError`, and `output` prints everything. Out: what the commands
do, which is in `daypass.client`, `daypass.server`, `daypass.blueprint` and `daypass.policy`. Start
with `main`, which lists the commands; `entry` is what `daypass` starts.
"""
