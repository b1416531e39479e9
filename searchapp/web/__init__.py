"""The web server: waitress, which hands whole requests to threads, with limits of its own."""
