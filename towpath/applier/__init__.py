"""The node applier: documents that say how a machine should be, the script that makes it so, and what it answers."""
