"""The kinds of questions about synthetic graphs.

Each public function makes one question of its kind; None where the graph has no place for it, or where a draw
led nowhere.
"""
