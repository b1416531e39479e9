"""The kinds of jobs that graphs and databases have."""

from kbqa.sparql import building
from kbqa.sparql import suggesting as graph_suggesting
from kbqa.sql import scanning
from kbqa.sql import suggesting as database_suggesting
from searchapp.jobs.registry import Stage, register

LOAD = "load_graph"
DELETE = "delete_graph"
SCAN = "scan_database"
DELETE_DATABASE = "delete_database"

register(
    LOAD,
    Stage(building.fetch_source),
    Stage(building.read),
    Stage(graph_suggesting.suggest_questions),
    Stage(building.publish),
    Stage(building.embed_labels),
    clean_up=building.abandon,
)
register(DELETE, Stage(building.delete))
register(
    SCAN,
    Stage(scanning.scan_schema),
    Stage(scanning.scan_cells),
    Stage(scanning.scan_definitions),
    Stage(database_suggesting.suggest_questions),
    Stage(scanning.publish),
    clean_up=scanning.abandon,
)
register(DELETE_DATABASE, Stage(scanning.delete))
