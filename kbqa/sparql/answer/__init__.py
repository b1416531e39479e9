"""A question → entity linking → constrained decoding → execution → answer."""
