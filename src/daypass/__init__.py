"""Daypass: credentials that expire, for everyone and everything that reaches AWS-style services."""
