"""The kinds of jobs that code search has."""

from codesearch.indexing import build, upkeep
from searchapp.jobs.registry import Stage, register

INDEX = "index_repository"
DELETE = "delete_repository"
SWITCH_ENCODER = "switch_encoder"

register(
    INDEX,
    Stage(build.read),
    Stage(build.link),
    Stage(build.encode, queue="embedding"),
    Stage(build.publish),
    clean_up=build.abandon,
)
register(DELETE, Stage(upkeep.delete_repository))
register(SWITCH_ENCODER, Stage(upkeep.switch_encoder, queue="embedding"))
