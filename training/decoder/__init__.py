"""Training the pointer network that decodes queries, whatever their language."""
