"""A whole stack beside an empty program: what a run costs whatever there is to do."""
