"""(l) Requests made of the OpenAPI document, and inputs of all that reads: errors of the server, crashes."""

import random
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.result import Ok

from benchmarks.base import Options, Row
from benchmarks.faults import Faults
from benchmarks.fuzzing import PARTS, fuzz_part
from benchmarks.product import Product, running_product
from benchmarks.watching import watched_memory

_MINUTES, _EXAMPLES, _SECONDS = 10.0, 15, 60
_SEED = 13
# Where a path has a name, one that is there is more than a quick 404; what deletes keeps to made-up ones.
_NAMES = ("company", "store", "searchapp")
_SECOND = 60.0
# Addresses are what `hostile` tries. Whatever fails, these requests ask nobody elsewhere.
_NOWHERE = "http://127.0.0.1:1/"


def run(options: Options) -> list[Row]:
    """First the whole API, then each reader."""
    faults = Faults("fuzz")
    return [*_api(options, faults), *_readers(options.inputs, faults)]


def _api(options: Options, faults: Faults) -> list[Row]:
    minutes = options.minutes[0] if options.minutes else _MINUTES
    with running_product(**{"WEB_WAITING_SECONDS": "5"}) as product, watched_memory(product) as memory:
        statuses = _requests(product, time.monotonic() + _SECOND * minutes, faults)
        time.sleep(1)
        back = product.get("/health").status
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    return [
        Row(
            "fuzz", "requests made of the OpenAPI document", statuses.total(), "", f"{minutes:g} min; {told}"
        ),
        Row("fuzz", "answers of 5xx", faults["5xx"], "", "503 with Retry-After left out"),
        Row("fuzz", "no answer", faults["no answer"], "", f"within {_SECONDS} s"),
        Row(
            "fuzz", "web servers that ended", max(len(memory.servers) - 1, 0), "", f"health afterwards {back}"
        ),
        Row("fuzz", "most memory of the web processes", memory.most >> 20, "MB"),
    ]


def _requests(product: Product, end: float, faults: Faults) -> Counter[int]:
    """The answers by status; each operation in turn, until the time is over."""
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{product.port}/api/schema/?format=json")
    operations: list[Any] = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    statuses, rounds = Counter[int](), 0
    while time.monotonic() < end:
        for number, operation in enumerate(operations):
            if time.monotonic() < end:
                _try(operation, product, _SEED + 1_000 * rounds + number, statuses, faults)
        rounds += 1
        print(f"  round {rounds}: {statuses.total()} requests", file=sys.stderr, flush=True)
    return statuses


def _try(operation: Any, product: Product, number: int, statuses: Counter[int], faults: Faults) -> None:
    chance = random.Random(number)

    @seed(number)
    @given(case=operation.as_strategy())
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Any) -> None:
        _tame(case, chance)
        try:
            answer = case.call(headers=product.headers(), timeout=_SECONDS)
        except Exception as error:
            kind = "no answer" if "imed out" in repr(error) or "onnection" in repr(error) else "not sent"
            faults.add(kind, request=case.as_curl_command(), answer=repr(error)[:500])
            return
        statuses[answer.status_code] += 1
        if answer.status_code >= 500 and not (answer.status_code == 503 and "retry-after" in answer.headers):
            faults.add(
                "5xx", request=case.as_curl_command(), status=answer.status_code, answer=answer.text[:500]
            )

    with suppress(Exception):  # Hypothesis' own, for an operation of which it can make no more
        call()


def _tame(case: Any, chance: random.Random) -> None:
    if case.method.upper() != "DELETE" and chance.random() < 0.7:
        for name in ("slug", "name"):
            if name in (case.path_parameters or {}):
                case.path_parameters[name] = chance.choice(_NAMES)
    if isinstance(case.body, dict):
        case.body |= {name: _NOWHERE for name in ("location", "url") if case.body.get(name)}


def _readers(inputs: int, faults: Faults) -> list[Row]:
    """Each part in processes of its own; two at a time."""
    rows, places = dict[str, list[Row]](), threading.Semaphore(2)

    def work(part: str) -> None:
        with places:
            outcome = fuzz_part(part, inputs // len(PARTS), _SEED, faults)
        rows[part] = [
            Row("fuzz", f"{part}: inputs", outcome.tried, "", f"{outcome.seconds:.0f} s"),
            Row("fuzz", f"{part}: crashes", outcome.crashes, ""),
            Row("fuzz", f"{part}: unexpected errors", outcome.errors, ""),
            Row("fuzz", f"{part}: inputs that took too long", outcome.hangs, ""),
        ]

    threads = [threading.Thread(target=work, args=(part,)) for part in PARTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [row for part in PARTS for row in rows[part]]
