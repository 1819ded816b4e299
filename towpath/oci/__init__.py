"""The values of the OCI specifications: references, digests, descriptors, manifests. No network, no files."""
