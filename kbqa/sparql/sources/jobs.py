"""The kinds of jobs that graphs have."""

from kbqa.sparql.ingest import job
from kbqa.sparql.suggestions.job import suggest_questions
from searchapp.jobs.registry import Stage, register

LOAD = "load_graph"
DELETE = "delete_graph"

register(
    LOAD,
    Stage(job.fetch_source),
    Stage(job.read),
    Stage(suggest_questions),
    Stage(job.publish),
    Stage(job.embed_labels),
    clean_up=job.abandon,
)
register(DELETE, Stage(job.delete))
