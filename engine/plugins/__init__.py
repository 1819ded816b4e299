"""Resource plugins: the types of official Pulumi packages that cannot be downloaded, with the same contract.

``resource.Resource`` is what a type implements, ``package.Package`` collects the types of one plugin, ``serve.main``
runs it. Each folder here is one plugin, started as ``python -m engine.plugins.<name> <engine address>``.
"""
