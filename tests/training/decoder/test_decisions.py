"""What the oracle says of one step."""

from tests.training.decoder.tiny import NEW, STOP
from training.decoder.decisions import Decision


def test_the_right_action_is_the_one_that_is_numbered():
    assert Decision("HEAD", (NEW, STOP), 1).action == STOP
