"""Questions of both engines: kept, judged, listed."""
