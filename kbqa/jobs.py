"""The kinds of jobs that graphs have."""

from kbqa.sparql import building, suggesting
from searchapp.jobs.registry import Stage, register

LOAD = "load_graph"
DELETE = "delete_graph"

register(
    LOAD,
    Stage(building.fetch_source),
    Stage(building.read),
    Stage(suggesting.suggest_questions),
    Stage(building.publish),
    clean_up=building.abandon,
)
register(DELETE, Stage(building.delete))
