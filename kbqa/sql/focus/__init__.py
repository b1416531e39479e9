"""The focused schema of DFIN-SQL: which tables and columns a question is about."""
