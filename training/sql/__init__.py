"""What the decoder of SQL is trained on: published sets, questions for schemas, an oracle of actions."""
