"""The second stage of the focus: a network that reads question and columns as one text."""
