"""The database's schema: the newest tables, their checksums, and the migrations that lead there.

Out: reading and writing rows (`state.database`, `state.side_tables`). Start with `tables`.
"""
