"""A question → schema linking → focus → decoding → execution → reranking → answer."""
