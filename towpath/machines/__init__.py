"""A stack's machines: from settings to connections, tried before anything is touched, and looked at for drift."""
