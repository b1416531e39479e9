"""The kinds of jobs that graphs have."""
