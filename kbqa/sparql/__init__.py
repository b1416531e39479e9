"""Questions on knowledge graphs, which become SPARQL under the constraints of the live graph.

The method is SPARKLE (Lee and Shin 2024): a question → entity linking → constrained decoding → execution →
answer. `public` is what others use.
"""
