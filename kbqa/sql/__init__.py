"""Questions on relational databases.

A question → schema linking → focus → constrained decoding → execution → reranking → answer; `public` is what
others use.
"""
