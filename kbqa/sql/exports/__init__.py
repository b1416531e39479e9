"""All rows of a statement as a file, which is written while they come."""
