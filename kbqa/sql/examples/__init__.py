"""What the decoder of SQL is trained on and measured by: published sets and questions made from schemas."""
