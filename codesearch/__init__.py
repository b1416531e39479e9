"""Search of code by meaning: sources → parsing → indexing → retrieval → evaluation."""
