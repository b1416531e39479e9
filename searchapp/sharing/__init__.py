"""What one engine offers to others, as tables by name, so that engines need not know each other."""
