"""A scan: a connected database → its schema, keys and cell values."""
