"""Training of the network that tells whether a reading is what a question means."""
