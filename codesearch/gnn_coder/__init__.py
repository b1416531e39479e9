"""GNN-Coder (Ye, Pang, Zhang, Huang 2025, arXiv 2502.15202): a graph network and a Transformer, fused.

graph → features → (network | openvino_network) → late_interaction → encoder: the way that data takes.
The network is written twice: in torch (`network.py`, `pooling.py`) for training, GPUs and experiments, and as
an OpenVINO graph (`openvino_network.py`) for the CPU. docs/decisions/2026-11-23-openvino-graph.md says why;
tests/codesearch/gnn_coder/test_openvino_network.py holds the two together.
"""
