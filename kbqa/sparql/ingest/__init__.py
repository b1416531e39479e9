"""A load: RDF → a version of a graph with its names and profile."""
