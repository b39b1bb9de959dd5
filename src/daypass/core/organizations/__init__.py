"""What is true of an organization's policies, beyond what the policy engine enforces: how they merge on the way down.

Service and resource control policies are the engine's; the tree, its accounts and who may change them are a service's.
"""
