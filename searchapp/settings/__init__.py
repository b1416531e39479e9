"""Settings: `embedded` (the default, all from Python wheels) and `production` (from the environment)."""
