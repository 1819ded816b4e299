"""The pure core of Towpath and its edges, without Pulumi."""
