"""Questions whose query the decoder's grammar cannot write: taken apart, read part by part, put together.

As in QDMR (Wolfson et al. 2020) and least-to-most prompting (Zhou et al. 2022), a question is an operator
over simpler questions. Each of these the decoder reads under its live constraints; an operator puts the
readings together to one query, which the graph checks. An operator goes by the structure of the question and
by what the graph has, and yields nothing where it does not understand either: one module an operator, all of
them in `composition.OPERATORS`.
"""
