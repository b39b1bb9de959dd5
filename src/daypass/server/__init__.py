"""How the outside reaches the authority: HTTP in, the pipeline of a request, the audit log, the composition root."""
