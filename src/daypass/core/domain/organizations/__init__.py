"""The records of Organizations: organization, units, members, policies, handshakes, transfers.

The rules over several of them (the tree, the control policies of an account, merging management
policies) are `core.organizations`, the operations are `services.organizations`. Start with
`organization`, then `member`, which says where in the tree an account is.
"""
