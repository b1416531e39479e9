"""Settings: `embedded` (the default: everything from Python wheels) and `production` (from the environment)."""
