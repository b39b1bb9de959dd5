"""Changes of the schema, in order; applied at start."""
