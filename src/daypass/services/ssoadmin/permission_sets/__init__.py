"""Permission sets: what they are called, which policies they have, how long their sessions are.

In: one file for the set itself (`sets`) and one for each kind of policy. Every edit is stored as a
new version of the set, and reaches no account before the set is provisioned there.

Out: provisioning (`provisioning`), and the rules of edits
(`core.identity_center.permission_sets.edits`). Start with `sets`.
"""
