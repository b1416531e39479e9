"""The API below `/api/v1/databases/`."""
