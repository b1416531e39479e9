"""Work that asks a graph together."""

import threading

import pytest

from kbqa.sparql.stores.base import StoreError
from kbqa.sparql.stores.together import Together


class Asked:
    """A store that remembers what it was asked in each request: what ends in "yes" has a solution."""

    def __init__(self, error=None):
        self.requests, self.error = [], error

    def any_solution(self, bodies):
        self.requests.append(list(bodies))
        if self.error:
            raise self.error
        return [body.endswith("yes") for body in bodies]


def asking(together, *rounds):
    return lambda: [list(together.any_solution(bodies)) for bodies in rounds]


def test_what_all_wait_for_is_asked_in_one_request():
    store = Asked()
    together = Together(store)
    found = together.run(
        [asking(together, ["a yes"]), asking(together, ["b no", "c yes"]), asking(together, ["a yes"])]
    )
    assert found == [[[True]], [[False, True]], [[True]]]
    assert [sorted(request) for request in store.requests] == [["a yes", "b no", "c yes"]]


def test_who_is_done_keeps_nobody_waiting():
    store = Asked()
    together = Together(store)
    found = together.run([lambda: "done", asking(together, ["a yes"], ["b no"]), asking(together, ["c no"])])
    assert found == ["done", [[True], [False]], [[False]]]
    assert len(store.requests) == 2


def test_an_error_is_told_to_all():
    together, before = Together(Asked(StoreError("away"))), threading.active_count()
    with pytest.raises(StoreError, match="away"):
        together.run([asking(together, ["a"]), asking(together, ["b"])])
    assert threading.active_count() <= before


def test_who_takes_no_part_asks_alone():
    store = Asked()
    assert Together(store).any_solution(["a yes"]) == [True]
    assert store.requests == [["a yes"]]
