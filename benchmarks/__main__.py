"""Run benchmarks, print one table, and write the results with commit and machine."""

import argparse
import json
import os
import platform
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

BENCHMARKS = (
    *("encoding", "building", "quality", "growth", "lines", "graphs", "asking", "scanning"),
    *("threads", "killing", "slow"),
    *("hostile", "soak", "fuzz"),
)
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run what was asked for."""
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    import django

    django.setup()
    from benchmarks.base import Options, Row
    from searchapp.embedded.services import EmbeddedServices

    sizes = tuple(map(int, arguments.sizes.split(",")))
    cosqa = Path(arguments.cosqa) if arguments.cosqa else None
    options = Options(
        *(cosqa, arguments.sources, sizes, arguments.triples),
        *(arguments.requests, arguments.kills, arguments.slow_clients),
        *(arguments.hostile, tuple(map(float, filter(None, arguments.minutes.split(",")))), arguments.inputs),
        tables=arguments.tables,
        repositories=tuple(arguments.repositories or [arguments.sources / "django"]),
    )
    rows: list[Row] = []
    with EmbeddedServices.from_environment().held():
        for name in arguments.names or BENCHMARKS:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += import_module(f"benchmarks.{name}").run(options)
    _show(rows)
    _write(_commit(), [row.as_dict() for row in rows])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], help="which benchmarks; by default all"
    )
    parser.add_argument(
        "--cosqa",
        type=Path,
        default=os.environ.get("COSQA_DIR"),
        help="folder of CosQA (corpus.jsonl, queries-dev.jsonl)",
    )
    parser.add_argument(
        "--sources",
        type=Path,
        default=Path(sysconfig.get_paths()["purelib"]),
        help="folder of Python packages to index",
    )
    parser.add_argument(
        "--repositories",
        type=Path,
        nargs="*",
        help="folders of which `lines` looks for random lines; by default the installed django",
    )
    parser.add_argument(
        "--sizes", default="10000,50000,200000", help="numbers of units at which search is measured"
    )
    parser.add_argument("--triples", type=int, default=10_000_000, help="size of the graph that is loaded")
    parser.add_argument("--requests", type=int, default=3_000, help="number of requests of many threads")
    parser.add_argument("--kills", type=int, default=100, help="how many processes are killed")
    parser.add_argument("--slow-clients", type=int, default=200, help="how many send half a request")
    parser.add_argument(
        "--hostile", type=int, default=400, help="how many mutations of hostile texts are sent"
    )
    parser.add_argument(
        "--minutes", default="", help="how long `soak` (10,30) and `fuzz` (10) keep on, in minutes"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="how many inputs `fuzz` makes")
    parser.add_argument("--tables", type=int, default=88, help="how many tables `scanning` makes")
    return parser.parse_args()


def _commit() -> str:
    """The checked-out commit; empty outside of a repository."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _show(rows: list) -> None:  # type: ignore[type-arg]
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.benchmark:<10} {row.what:<{width}} {row.value:>12,} {row.unit:<4} {row.note}")


def _write(commit: str, rows: list[dict[str, object]]) -> None:
    RESULTS.mkdir(exist_ok=True)
    results = {
        "commit": commit,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        "rows": rows,
    }
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{commit}.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )


if __name__ == "__main__":
    main()
