"""The command line. A command reads its options, calls the core, and prints: nothing is decided here.

To add one: write its module, and enter it in `app`.
"""
