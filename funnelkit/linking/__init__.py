"""Canonical tables -> one linked dataset: channels, identity, customers and the as-of day."""
