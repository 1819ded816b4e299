"""A preview as a reviewer reads it: events of the engine in, Markdown or a page out. Pure."""
