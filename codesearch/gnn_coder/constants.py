"""Numbers of the network that its two writings, `network.py` and `openvino_network.py`, share.

Those of its inputs are in `features.py`, those of the trees in `graph.py`.
"""

LAYER_NORM_EPSILON = 1e-5
FIRST_STATE_WEIGHT = 0.1
"""What a node's state before the first layer counts in every FAConv layer's message."""
