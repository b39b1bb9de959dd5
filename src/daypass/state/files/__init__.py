"""The files of a data directory: names, permissions, the lock, and the key ring's file.

Out: opening the directory as a whole (`state.data_directory.open_directory`) and the database's
file (`state.database`). Start with `data_files`.
"""
