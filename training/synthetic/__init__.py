"""Synthetic training data: graphs and databases, and questions about them."""
