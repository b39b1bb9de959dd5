"""What runs on a laptop: temporary credentials from a profile, from Daypass or AWS alike, and their encrypted cache.

Needs no server, no store and no service of ours.
"""
