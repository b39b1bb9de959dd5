"""Files, pipes and documents that others wrote, read within bounds and shown without their control characters."""
