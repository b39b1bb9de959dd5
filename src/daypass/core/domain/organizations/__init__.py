"""The records of Organizations: the organization, its units, members, policies, handshakes, transfers and account creations.

What these mean together (the tree, what stands above an account, how policies merge) is `core.organizations`. Start with
`organization`, then `member`, which says where an account hangs.
"""
