"""The commands, one file each; `daypass` imports only the one that it runs."""
