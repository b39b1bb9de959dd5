"""Handshakes between accounts: invitations, enabling all features, transfers of responsibility.

In: accepting, declining, cancelling and listing (`handshake_lifecycle`), the records
(`handshake_records`), accounts that join or leave (`membership_changes`), and what the other kinds
change (`enable_all_features` with `all_features_handshakes`, `transfers`).

Out: the parties of a handshake (`handshake_parties`, beside this room), expiry (`server.jobs`).
Start with `handshake_lifecycle`.
"""
