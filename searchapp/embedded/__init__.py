"""PostgreSQL with pgvector, and Redis, from Python wheels: started, shared between processes, and stopped."""
