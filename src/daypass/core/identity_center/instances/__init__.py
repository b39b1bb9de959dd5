"""The life of an instance: made (`new_instances`), in a region, left or ended (`departures`).

Out: its settings (`access_attributes`, `network_lock`) and what it makes in accounts
(`provisioning`), both one folder up.
"""
