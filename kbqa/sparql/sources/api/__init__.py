"""The API below `/api/v1/graphs/`, and the SPARQL endpoint."""
