"""HTTP/1.1 over verified TLS, straight or through a proxy: what registries and API servers are asked by.

Layers, each knowing only those below it: `connections` (kept, one for each request under way) → `connection` (one, in
asyncio) → `message` (h11, no I/O). Beside them `proxy` and `proxies`: how a proxy is asked, and whether one is; and
`target`: what of a URL is asked for.
"""
