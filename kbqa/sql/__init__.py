"""DFIN-SQL: a question → a focused schema → SQL that is checked, run read-only and compared by its results."""
