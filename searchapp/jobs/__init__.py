"""Long work: a Job row with state and progress, run by Celery, resumed after a crash."""
