"""What every operation is made with: the caller, the context, the decorator, the targets."""
