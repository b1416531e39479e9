"""What the decoder of SPARQL is trained on: published sets, translated questions, and the oracle of their
actions.
"""
