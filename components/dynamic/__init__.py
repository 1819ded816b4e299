"""Dynamic providers: the resources that no plugin has. Module paths are frozen: an old state imports them."""
