"""Judgements: facts in, findings out. None of them asks anybody."""
