"""Synthetic training data: invented graphs and databases, and questions about them."""
