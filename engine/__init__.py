"""Pulumi where its download sites cannot be reached. The product never imports this."""
