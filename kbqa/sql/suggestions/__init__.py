"""Questions that a database's page suggests."""
