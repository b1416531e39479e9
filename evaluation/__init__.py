"""How good the engines are: published benchmarks put through the product itself."""
