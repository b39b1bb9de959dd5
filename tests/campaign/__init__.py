"""Campaigns: figures of time, taken from a running server; each prints them beside their bounds."""
