"""Mention detection: what a question may mention among millions of names. Candidates, never a decision."""
