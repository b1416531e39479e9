"""Questions on knowledge graphs (SPARKLE, Lee and Shin 2024): a question becomes SPARQL under the constraints
of the live graph.

A question → entity linking → constrained decoding → execution → answer; `public` is what others use.
"""
