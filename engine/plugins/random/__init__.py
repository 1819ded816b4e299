"""The random package: values that are drawn once and kept in the state.

Contract of pulumi-random 4.21.1, which bridges terraform-provider-random 3; of its types, those in ``plugin``.
All randomness is from the operating system's generator.
"""
