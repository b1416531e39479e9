"""What makes the router's weights: sources read from files, questions about them, and the fit."""
