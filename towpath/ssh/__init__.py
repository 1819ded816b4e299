"""The SSH edge: connections with a checked host key, commands with standard input, forwarded ports."""
