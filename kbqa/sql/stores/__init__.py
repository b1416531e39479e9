"""Where databases live, and how they are asked: connections that only read, statements that are checked,
limits.
"""
