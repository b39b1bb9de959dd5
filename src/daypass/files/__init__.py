"""Reading files, pipes and YAML that others wrote, within bounds, and escaping text for terminals.

In: bytes and text of a file up to a size (`bounded_reading`), YAML up to a number of values
(`bounded_yaml`), strings made safe to print (`escaping`). Out: what a file means, which is its
reader's (`blueprint.file`, `cli.policy`), and the data directory (`state.data_directory`).
"""
