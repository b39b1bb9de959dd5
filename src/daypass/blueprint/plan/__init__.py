"""Planning the change from an existing organization to a file's, by pure functions.

`organization_steps` and `iam_steps` are the step classes, `match_file` finds a file's accounts in
the existing organization, `plan`, `iam_plan` and `removals` find the steps, `outcome` applies steps
to values, `effects` decides `probe_requests` before and after, to say who gains or loses
permissions. `people/` does the same for people and permission sets. Out: making
the calls (`blueprint.carry_out`) and printing a plan (`blueprint.wording`). Start with `plan`.
"""
