"""A client of registries: the OCI distribution specification 1.1 over HTTPS, with basic and token authentication.

Layers, each knowing only those below it: spec calls, one noun a module (`catalog`, `tag`, `manifest`, `blob`, `upload`,
`referrer`) → `session` (authentication, retries, bounds) → `transport` (what a failure means) → `towpath.https`.

    async with RegistrySession(Endpoint("registry.example.com:6000"), Credentials("team", password)) as session:
        image = await manifest.get(session, "team/app", "1.2.3")
"""
