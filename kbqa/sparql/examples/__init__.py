"""Questions with known queries: read from published sets, or made from a graph."""
