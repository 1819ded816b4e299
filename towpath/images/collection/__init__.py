"""Garbage collection: the order of its steps, and what the collector says. No I/O."""
