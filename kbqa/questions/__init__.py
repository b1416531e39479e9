"""What both engines do with a question: keep it, judge it, list it."""
