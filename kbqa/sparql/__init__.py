"""SPARKLE (Lee and Shin 2024): a question becomes SPARQL under the constraints of the live graph."""
