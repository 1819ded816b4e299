"""The tls package: keys, requests and certificates that exist in the state alone.

Contract of pulumi-tls 5.5.1, which bridges terraform-provider-tls 4; of its types, those in ``plugin``. The modules
that import ``cryptography`` are imported only where something is made: a preview without changes needs none of it.

What certificates hold differs from the official plugin in three points, each where that one departs from its own
documentation: a maximum path length of 0 is written (there it means no limit), one for a certificate that is no CA is
ignored (there it is an error), and a locally signed certificate keeps the whole subject of its request (there an
e-mail address in it is lost).
"""
