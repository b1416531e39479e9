"""Everything that makes weights: trainers, oracles, synthetic questions, recipes.

Nothing of the product imports it.
"""
