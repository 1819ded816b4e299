"""The life of a registry's images: what there is, what may go, and how it comes and goes."""
