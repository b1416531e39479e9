"""Databases as people manage them: services, selectors, jobs, admin, API."""
