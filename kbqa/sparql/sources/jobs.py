"""The kinds of jobs that graphs have."""

from kbqa.sparql.ingest import load
from kbqa.sparql.suggestions.stage import suggest_questions
from searchapp.jobs.registry import Stage, register

LOAD = "load_graph"
DELETE = "delete_graph"

register(
    LOAD,
    Stage(load.fetch_source),
    Stage(load.read),
    Stage(suggest_questions),
    Stage(load.publish),
    Stage(load.embed_labels),
    clean_up=load.abandon,
)
register(DELETE, Stage(load.delete))
