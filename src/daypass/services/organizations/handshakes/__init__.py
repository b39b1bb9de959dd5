"""What accounts agree on with each other: invitations, all features, taking over a bill.

In: opening a handshake (`opening`), accepting, declining, cancelling and listing
(`handshake_lifecycle`), joining and leaving an organization (`joining`), what the other kinds
change when they are agreed on (`features` with `all_features`, `transfers`).
Out: who a handshake's parties are (`handshake_parties`, beside this room), its end by time
(`server.jobs`).
Start reading at `handshake_lifecycle`.
"""
