"""Training the cross-encoder that focuses a schema."""
