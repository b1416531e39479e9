"""The Django project, and what every engine shares."""

import os

# Set before NumPy is loaded. Its matrices are small here, and several processes share the cores: with a
# thread a core, the threads of each wait for those of the others, which costs ten times what it gains.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from searchapp.celery import app as celery_app

__all__ = ["celery_app"]
