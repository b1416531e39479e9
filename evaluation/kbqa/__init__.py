"""How well questions are answered, measured as the published sets measure it."""
