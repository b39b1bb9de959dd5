"""How the outside reaches the authority: HTTP in, what becomes of a call, the audit log, the composition root."""
