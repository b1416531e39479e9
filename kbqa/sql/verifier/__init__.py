"""A network that reads a question beside each reading of it in words, and says whether that is meant."""
