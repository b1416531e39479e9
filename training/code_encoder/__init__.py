"""Training the code encoder: pairs mined from source trees → Transformer, graph network, late interaction."""
