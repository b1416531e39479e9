"""The kinds of questions on synthetic graphs: each function makes one question, or None where the graph has none."""
