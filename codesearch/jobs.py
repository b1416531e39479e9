"""The kinds of jobs that code search has."""

from codesearch.indexing import building, upkeep
from searchapp.jobs.registry import Stage, register

INDEX = "index_repository"
DELETE = "delete_repository"
SWITCH_ENCODER = "switch_encoder"

register(INDEX, Stage(building.read), Stage(building.encode, queue="embedding"), Stage(building.publish), clean_up=building.abandon)
register(DELETE, Stage(upkeep.delete_repository))
register(SWITCH_ENCODER, Stage(upkeep.switch_encoder, queue="embedding"))
