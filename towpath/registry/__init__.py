"""The registry server's own files: its config, its htpasswd, and the checks on a certificate that was given."""
