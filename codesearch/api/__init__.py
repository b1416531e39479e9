"""Code search in the API."""
