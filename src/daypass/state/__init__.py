"""What is known: the directory held in memory, the revisioned store behind it, tickets and the key ring's file.

Knows nothing of AWS's protocols or HTTP.
"""
