"""Serve Towpath's components to programs in any language."""

from components.provider import serve

serve()
