"""Copying images from one registry into another, first and again."""
