"""Questions in words, answered from knowledge graphs and databases by a query that is shown."""
