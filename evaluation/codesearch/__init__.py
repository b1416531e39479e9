"""How good the search is: published benchmarks put through the product's own indexing and retrieval."""
