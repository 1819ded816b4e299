"""Bringing a stack from its settings to its machines and back, as a team and its workflows do it.

Everything here runs the Pulumi CLI, and shows what it says line by line with the stack's secrets taken out.
"""
