"""What the decoder of SPARQL is trained on: published sets, translated questions, an oracle of actions."""
