"""When a worker counts as stalled."""

from searchapp.jobs.watchdog import Sight, Watch

STALLED = Sight(begun=5, running=1, waiting=3, processes=2)


def verdicts(*sights, patience=10.0):
    """Return what is said of sights of which each is six seconds after the one before."""
    watch = Watch(patience)
    return [watch.is_stalled(sight, 6.0 * number) for number, sight in enumerate(sights)]


def test_one_that_begins_nothing_beside_work_for_too_long_is_stalled():
    assert verdicts(STALLED, STALLED, STALLED) == [False, False, True]


def test_one_that_is_busy_has_nothing_to_do_or_begins_something_is_not():
    busy, done = Sight(5, 2, 3, 2), Sight(5, 1, 0, 2)
    for other in (busy, done, Sight(6, 1, 3, 2), None):
        assert not any(verdicts(STALLED, other, STALLED, STALLED))
    assert not any(verdicts(*[busy] * 9, *[done] * 9, *[None] * 9))
    assert not any(verdicts(*(Sight(begun, 1, 3, 2) for begun in range(9))))
