"""The migrations of the schema, applied in order at start."""
