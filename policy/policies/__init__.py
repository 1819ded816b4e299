"""One policy a module, as a `Rule`; `pack` makes a CrossGuard pack of them. Needs nothing else of this project."""
