"""The kinds of jobs that databases have."""

from kbqa.sql.ingest import job
from kbqa.sql.suggestions.job import suggest_questions
from searchapp.jobs.registry import Stage, register

SCAN = "scan_database"
DELETE = "delete_database"

register(
    SCAN,
    Stage(job.scan_schema),
    Stage(job.scan_cells),
    Stage(job.scan_definitions),
    Stage(suggest_questions),
    Stage(job.publish),
    clean_up=job.abandon,
)
register(DELETE, Stage(job.delete))
