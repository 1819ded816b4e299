"""The language host for Python programs: the service `pulumirpc.LanguageRuntime`.

The engine finds it as `pulumi-language-python` beside the CLI, asks it what a program needs, and has it run programs,
policy packs and plugins written in Python. Each of them is a process of the project's own interpreter.
"""
