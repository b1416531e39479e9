"""The web server: waitress, which reads whole requests before a thread has to do with them, with our limits."""
