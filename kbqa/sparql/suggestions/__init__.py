"""Questions that a graph's page suggests: made from the graph by templates."""
