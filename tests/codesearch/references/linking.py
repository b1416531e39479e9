"""Links files that a test writes down, without a database."""

from codesearch.parsing import language_of, parse_file
from codesearch.references import stored_facts
from codesearch.references.facts import decoded
from codesearch.references.links import Linker

Shown = set[tuple[str, ...]]


def linked(files: dict[str, str]) -> dict[str, Shown]:
    """By path what is said of its names: (name, role, in which symbol, path and symbol of a target …).

    What is a guess has `?` before its role.
    """
    stored = {path: stored_facts(parse_file(path, text), text) for path, text in files.items()}
    facts = {path: decoded(one) for path, one in stored.items() if one is not None}
    linker = Linker(facts.__getitem__, {path: language_of(path) or "" for path in facts})
    for path, one in facts.items():
        linker.take(path, one)
    return {path: _shown(linker, path, files[path]) for path in facts}


def _shown(linker: Linker, path: str, text: str) -> Shown:
    lines = text.split("\n")
    made = linker.linked(path)
    return {
        (
            lines[link.line - 1][link.column : link.column + link.length],
            link.role if link.certain else f"?{link.role}",
            link.within,
            *(
                f"{made.targets[number].path} {made.targets[number].symbol}".strip()
                for number in link.targets
            ),
        )
        for link in made.links
    }
