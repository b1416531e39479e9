"""A decoder whose words are choices: keywords of a grammar, and pointers to what a graph or a database holds."""
