"""Code units → words and vectors → PostgreSQL: incremental, versioned, resumable."""
