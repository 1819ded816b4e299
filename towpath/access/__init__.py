"""Ways to what a stack talks to, direct or through a machine's SSH connection."""
