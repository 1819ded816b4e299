"""What people would use instead, each with a set-up of its own as its documentation advises."""
