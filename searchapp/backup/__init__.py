"""Backups of all that cannot be made again: the database, and the files of the data folder that it names."""
