"""Values that the threads of a process share: made once, by key, bounded, and none of them after a fork."""

import os
import threading
import time

import pytest

from searchapp.shared import SharedCache
from tests.threads import in_threads


def test_a_value_is_made_once_whichever_threads_ask():
    cache, made = SharedCache[str, object](4), []

    def make():
        time.sleep(0.01)
        made.append(1)
        return object()

    values = in_threads(8, lambda _: cache.get("a", make))
    assert (len(set(map(id, values))), len(made)) == (1, 1)


def test_values_are_told_apart_by_their_keys():
    cache = SharedCache[int, int](16)
    asked = in_threads(8, lambda thread: [cache.get(key, lambda: key * 10) for key in range(16)])  # noqa: B023
    assert asked == [[key * 10 for key in range(16)]] * 8


def test_a_slow_value_keeps_nobody_from_another():
    cache, go_on = SharedCache[str, int](4), threading.Event()
    slow = threading.Thread(target=lambda: cache.get("slow", lambda: go_on.wait(10) and 1))
    slow.start()
    assert cache.get("quick", lambda: 2) == 2
    go_on.set()
    slow.join()
    assert cache.get("slow", lambda: 3) == 1


def test_the_one_asked_for_the_longest_ago_goes_first():
    cache = SharedCache[str, int](2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda: 1)
    assert [cache.get(key, lambda: 2) for key in ("a", "c", "b")] == [1, 1, 2]


def test_there_are_never_more_than_said():
    cache = SharedCache[int, int](3)
    in_threads(8, lambda thread: [cache.get(thread * 100 + each, lambda: 1) for each in range(50)])
    assert len(cache._entries) == 3


def test_what_fails_is_told_and_tried_again():
    cache = SharedCache[str, int](1)
    cache.get("good", lambda: 1)

    def fail():
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        cache.get("bad", fail)
    assert cache.get("bad", lambda: 2) == 2


def test_failures_fill_no_places():
    cache = SharedCache[str, int](1)
    with pytest.raises(ZeroDivisionError):
        cache.get("bad", lambda: 1 // 0)
    assert len(cache._entries) == 0


def test_those_who_wait_for_a_failure_try_themselves():
    cache, tries = SharedCache[str, int](1), []

    def make():
        tries.append(1)
        time.sleep(0.01)
        if len(tries) == 1:
            raise ValueError
        return len(tries)

    def ask(_):
        try:
            return cache.get("a", make)
        except ValueError:
            return None

    answers = in_threads(4, ask)
    assert answers.count(None) == 1
    assert set(answers) - {None} <= {2, 3}


def test_none_is_a_value():
    cache, made = SharedCache[str, None](1), []
    for _ in range(2):
        assert cache.get("a", lambda: made.append(1)) is None
    assert len(made) == 1


def test_one_value_may_need_another_of_the_same_cache():
    cache = SharedCache[str, int](4)
    assert cache.get("outer", lambda: 1 + cache.get("inner", lambda: 1)) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_has_none_of_them_and_no_lock_that_is_held():
    cache, go_on, began = SharedCache[str, str](4), threading.Event(), threading.Event()
    cache.get("model", lambda: "with threads")

    def make():
        began.set()
        go_on.wait(10)
        return "parent's"

    at_work = threading.Thread(target=lambda: cache.get("slow", make))
    at_work.start()
    began.wait(10)
    with cache._lock:
        child = os.fork()
        if child == 0:
            found = [cache.get(key, lambda: "child's") for key in ("model", "slow")]
            os._exit(0 if found == ["child's", "child's"] else 1)
    waited, ended = 0.0, (0, 0)
    while ended == (0, 0) and waited < 10:
        ended = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
        waited += 0.01
    if ended == (0, 0):
        os.kill(child, 9)
        os.waitpid(child, 0)
    go_on.set()
    at_work.join()
    assert ended == (child, 0), "the child waits for a lock that nobody will release"
    assert cache.get("model", lambda: "again") == "with threads"
