"""Constrained decoding: a pointer network chooses, step by step, among the legal actions of a grammar."""
