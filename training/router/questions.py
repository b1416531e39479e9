"""Questions to train the router on, with their sources: of published sets, and of installed packages."""

import random
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from kbqa.linking.words import COMMON
from training.json_lines import read_rows, spread
from training.router.sources import FileSource, code_graph_source, code_source, database_source, graph_source
from training.sql.published import HELD_OUT_DATABASES, database_file

DATABASES = (
    "college_1",
    "dorm_1",
    "movie_1",
    "flight_1",
    "network_2",
    "wine_1",
    "music_1",
    "activity_1",
    "apartment_rentals",
    "inn_1",
    "club_1",
    "election",
    "tracking_orders",
    "insurance_policies",
    "film_rank",
    "gas_company",
    "customers_card_transactions",
    "storm_record",
    "farm",
    "gymnast",
    "aircraft",
    "driving_school",
    "allergy_1",
    "customers_and_addresses",
    "products_gen_characteristics",
    "game_1",
    "manufactory_1",
    "voter_2",
    "sports_competition",
    "customer_complaints",
    "store_product",
    "university_basketball",
    "medicine_enzyme_interaction",
    "party_people",
)
"""Databases of Spider's training set."""
GRAPHS = (
    "ship_1",
    "race_track",
    "candidate_poll",
    "musical",
    "e_learning",
    "climbing",
    "theme_gallery",
    "loan_1",
)
"""Graphs made of others of them."""
PACKAGES = ("requests", "sqlparse", "jwt", "click", "httpx", "jinja2", "h11", "pathspec")
_OF_A_SOURCE, _OF_CODE = 24, 30
_ASKED_OF_GRAPHS = (
    "which classes inherit from {}?",
    "what calls {}?",
    "what does {} call?",
    "how many methods does {} have?",
    "which methods does {} define?",
    "in which file is {}?",
    "where is {} defined and who uses it?",
)
_ASKED_OF_CODE = ("{}", "how do I {}", "code to {}", "where does it {}", "function that {}")

Questions = list[tuple[str, str]]


def training_set(folder: Path, seed: int = 0) -> tuple[list[FileSource], Questions]:
    """The sources below a folder of published sets, and of installed packages, with questions about them."""
    drawn = random.Random(seed)
    sources: list[FileSource] = []
    questions: Questions = []
    for made, asked in (*_databases(folder), *_graphs(folder), *_code(drawn)):
        sources.append(made)
        questions += [(text, made.label) for text in asked if text.strip()]
        words = [[word for word in text.split() if word.casefold() not in COMMON] for text in asked[::4]]
        questions += [(" ".join(each).strip("?"), made.label) for each in words if len(each) > 1]
    return sources, questions


def _databases(folder: Path) -> Iterator[tuple[FileSource, list[str]]]:
    rows = list(read_rows(folder / "databases/spider/train.jsonl"))
    for name in DATABASES:
        assert name not in HELD_OUT_DATABASES
        asked = spread([row for row in rows if row["db_id"] == name], _OF_A_SOURCE)
        source = database_source(database_file(folder / "databases/spider/database", name))
        yield source, [*(row["question"] for row in asked), *(row["sql"] for row in asked[::8])]


def _graphs(folder: Path) -> Iterator[tuple[FileSource, list[str]]]:
    rows = list(read_rows(folder / "knowledge/spider4sparql/train.jsonl.gz"))
    for name in GRAPHS:
        asked = spread([row for row in rows if row["graph"] == name], _OF_A_SOURCE)
        source = graph_source(folder / f"knowledge/spider4sparql/graphs/{name}.nt.gz")
        yield source, [*(row["question"] for row in asked), *(row["sparql"] for row in asked[::8])]
    for name in ("pathquestion-2h", "metaqa"):
        asked = spread(list(read_rows(folder / f"knowledge/{name}/questions.jsonl.gz")), 2 * _OF_A_SOURCE)
        yield graph_source(folder / f"knowledge/{name}/graph.nt.gz", name), [row["question"] for row in asked]


def _code(drawn: random.Random) -> Iterator[tuple[FileSource, list[str]]]:
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        source = code_source(Path(spec.origin).parent, package)
        yield source, list(_asked_of_code(source, drawn))
        graph = code_graph_source(source)
        names = drawn.sample([unit.name for _, unit in source.units if unit.name], _OF_A_SOURCE)
        yield graph, [drawn.choice(_ASKED_OF_GRAPHS).format(name) for name in names]


def _asked_of_code(source: FileSource, drawn: random.Random) -> Iterator[str]:
    """First sentences of documentation, names, pasted code, and lines of stack traces."""
    documented = [unit for _, unit in source.units if len(unit.documentation.split()) > 3]
    for unit in _some(documented, _OF_CODE, drawn):
        sentence = unit.documentation.strip().split("\n")[0].split(". ")[0].rstrip(".")
        yield drawn.choice(_ASKED_OF_CODE).format(sentence[:1].lower() + sentence[1:])
    for _, unit in _some([each for each in source.units if each[1].name], 10, drawn):
        yield drawn.choice((unit.name, unit.qualified_name))
    for _, unit in _some([each for each in source.units if each[1].kind in ("function", "method")], 8, drawn):
        yield "\n".join(unit.code.split("\n")[:12])
    for path, unit in _some([each for each in source.units if each[1].name], 4, drawn):
        yield f'File "{source.about.name}/{path}", line {unit.start_line}, in {unit.name}'


def _some(items: Sequence, most: int, drawn: random.Random) -> list:  # type: ignore[type-arg]
    return drawn.sample(list(items), min(most, len(items)))
