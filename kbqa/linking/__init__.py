"""Finding what a question mentions among millions of names in PostgreSQL: candidates, never a decision."""
