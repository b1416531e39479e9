"""The kinds of jobs that databases have."""

from kbqa.sql.ingest import scan
from kbqa.sql.suggestions.stage import suggest_questions
from searchapp.jobs.registry import Stage, register

SCAN = "scan_database"
DELETE = "delete_database"

register(
    SCAN,
    Stage(scan.scan_schema),
    Stage(scan.scan_cells),
    Stage(scan.scan_definitions),
    Stage(scan.publish),
    Stage(suggest_questions),
    clean_up=scan.abandon,
)
register(DELETE, Stage(scan.delete))
