"""Where databases live, and how they are asked: read-only connections, checked statements, limits."""
