"""Pull secrets: which namespaces get which objects, and getting them there without touching what others made."""
