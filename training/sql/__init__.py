"""What the decoder of SQL is trained on: published sets, questions made from schemas, and the oracle of their
actions.
"""
