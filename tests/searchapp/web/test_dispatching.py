"""Whether the threads of a web process get on."""

import threading

from searchapp.admission import Work
from searchapp.web.dispatching import Dispatcher, Places
from tests.product.running import wait_for


class Held:
    """A connection whose request is never answered before it may be."""

    waits_since = 0.0

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def service(self) -> None:
        self.may_end.wait()


def test_one_gets_on_while_a_thread_is_free_that_tells_of_health_or_anything_is_answered():
    dispatcher = Dispatcher(Places(dict.fromkeys(Work, 1), 4, 3.0))
    others, health = Held(), Held()
    wait_for("the threads", dispatcher.gets_on)
    dispatcher._pools[Work.SEARCH].offer(others)
    assert dispatcher.gets_on()
    dispatcher._pools[Work.HEALTH].offer(health)
    wait_for("the thread's work", lambda: not dispatcher.gets_on())
    dispatcher.answered()
    assert dispatcher.gets_on()
    assert not dispatcher.gets_on()
    health.may_end.set()
    wait_for("the thread", dispatcher.gets_on)
    others.may_end.set()
    assert dispatcher.shutdown()
