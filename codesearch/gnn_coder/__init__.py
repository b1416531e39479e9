"""GNN-Coder (Ye, Pang, Zhang, Huang 2025, arXiv 2502.15202): a graph network over syntax trees, fused with a
Transformer.

pairs → mining → (graph, network, loss) → training → weights → encoder, in the order in which data flows.
"""
