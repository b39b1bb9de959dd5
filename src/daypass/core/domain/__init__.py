"""The nouns an authority knows, one file each: what a record holds, and the rules about it alone.

Records are frozen and know their account, their kind and their key. A record names another by its unique id, never by
its name, so that a name that is given away later inherits nothing.
"""
