"""The embedded lab: nodes, proxy and upstream registry on this machine. The product never imports this."""
