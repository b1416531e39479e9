"""A repository's index as a graph: modules, classes, functions, and how they hang together.

Names are resolved within the repository, and only where they are unambiguous; what is not found there becomes
a node with the name alone, so that "which classes inherit from Field" also finds bases that live elsewhere.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from urllib.parse import quote, unquote

from codesearch import selectors
from codesearch.models import Repository, Unit

CODE = "https://searchapp.dev/code#"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_CLASSES = {
    Unit.Kind.CLASS: "Class",
    Unit.Kind.FUNCTION: "Function",
    Unit.Kind.METHOD: "Method",
    Unit.Kind.MODULE: "Module",
}
_VOCABULARY = {
    "Module": "module",
    "Class": "class",
    "Function": "function",
    "Method": "method",
    "defines": "defines",
    "inheritsFrom": "inherits from",
    "calls": "calls",
    "imports": "imports",
    "file": "file",
    "line": "position in file",
    "lines": "number of lines",
    "language": "language",
    "signature": "signature",
    "module": "module",
}
_BASES = re.compile(
    r"^\s*(?:export\s+|public\s+|abstract\s+|final\s+)*class\s+\w+\s*"
    r"(?:\(([^)]*)\)|(?:<[^>]*>)?\s*(?:extends|implements|<|:)\s*([\w.:,\s]+))?"
)
_CALL = re.compile(r"(?<![\w.])(?:self\.|this\.|cls\.)?([A-Za-z_]\w*)\s*\(")
_IMPORT = re.compile(
    r"^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.]+)"
    r"|.*\bfrom\s+['\"]([^'\"]+)['\"]|.*\brequire\(['\"]([^'\"]+)['\"]\))",
    re.MULTILINE,
)
_CALLABLE = (Unit.Kind.FUNCTION, Unit.Kind.METHOD, Unit.Kind.CLASS)
_MAX_NAMESAKES = 1


def repository_exists(name: str) -> bool:
    """Whether a repository of that name has an index."""
    return Repository.objects.filter(name=name, deleting=False, serving__gt=0).exists()


def repository_triples(name: str) -> Iterator[str]:
    """The served index of a repository, as lines of N-Triples."""
    for local, text in _VOCABULARY.items():
        yield _line(CODE + local, _LABEL, _text(text))
    graph = _CodeGraph(name)
    for file in selectors.served_files(name).order_by("path").iterator(chunk_size=200):
        yield from graph.module(file.path, file.language, file.lines, file.blob.text)
    units = (
        selectors.served_units()
        .filter(repository__name=name, kind__in=_CLASSES)
        .select_related("file__blob")
        .order_by("path", "start_line")
    )
    for unit in units.iterator(chunk_size=500):
        yield from graph.unit(unit)


def node_address(name: str, iri: str) -> str:
    """The address of the code that a node stands for; empty where it is no class, function or method."""
    local = iri.removeprefix(_base(name))
    path, _, qualified = local.partition("#")
    if local == iri or not qualified:
        return ""
    units = selectors.served_units().filter(
        repository__name=name, path=unquote(path), qualified_name=unquote(qualified), kind__in=_CLASSES
    )
    line = units.order_by("start_line").values_list("start_line", flat=True).first()
    return selectors.unit_address(name, unquote(path), line) if line is not None else ""


def _base(repository: str) -> str:
    """What the IRIs of a repository's nodes begin with."""
    return f"urn:code:{quote(repository)}:"


class _CodeGraph:
    """Knows which names of a repository mean which unit."""

    def __init__(self, repository: str) -> None:
        self.base = _base(repository)
        self.by_name: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        rows = selectors.served_units().filter(repository__name=repository, kind__in=_CALLABLE)
        for name, path, qualified, kind in rows.values_list("name", "path", "qualified_name", "kind"):
            self.by_name[name].append((path, qualified, kind))

    def module(self, path: str, language: str, lines: int, text: str) -> Iterator[str]:
        """The triples of a file."""
        node = self.node(path)
        yield _line(node, _RDF_TYPE, f"<{CODE}Module>")
        yield _line(node, _LABEL, _text(path))
        yield _line(node, CODE + "language", _text(language))
        yield _line(node, CODE + "lines", _number(lines))
        names = (next(filter(None, groups)) for groups in _IMPORT.findall(text[:100_000]))
        for name in dict.fromkeys(names):
            imported = f"{self.base}import:{quote(name)}"
            yield _line(node, CODE + "imports", f"<{imported}>")
            yield _line(imported, _LABEL, _text(name))

    def unit(self, unit: Unit) -> Iterator[str]:
        """The triples of a class, function or method."""
        node = self.node(unit.path, unit.qualified_name)
        yield _line(node, _RDF_TYPE, f"<{CODE}{_CLASSES[Unit.Kind(unit.kind)]}>")
        yield _line(node, _LABEL, _text(unit.name))
        if unit.qualified_name != unit.name:
            yield _line(node, "http://www.w3.org/2004/02/skos/core#altLabel", _text(unit.qualified_name))
        yield _line(node, CODE + "file", _text(unit.path))
        yield _line(node, CODE + "line", _number(unit.start_line))
        yield _line(node, CODE + "lines", _number(unit.end_line - unit.start_line + 1))
        yield _line(node, CODE + "module", f"<{self.node(unit.path)}>")
        yield _line(self.owner(unit), CODE + "defines", f"<{node}>")
        if unit.signature:
            yield _line(node, CODE + "signature", _text(unit.signature))
        code = "\n".join(unit.file.blob.text.split("\n")[unit.start_line - 1 : unit.end_line])
        if unit.kind == Unit.Kind.CLASS:
            yield from self._named(node, "inheritsFrom", _bases(code), unit.path, Unit.Kind.CLASS)
        else:
            often = Counter(_CALL.findall(code)).most_common(60)
            calls = [name for name, _ in often if name in self.by_name and name != unit.name]
            yield from self._named(node, "calls", calls, unit.path, "")

    def owner(self, unit: Unit) -> str:
        """What defines a unit: the class that its qualified name begins with, or the module."""
        outer, _, _ = unit.qualified_name.rpartition(".")
        namesakes = self.by_name.get(outer.rpartition(".")[2], ())
        owners = {qualified for path, qualified, _ in namesakes if path == unit.path}
        return self.node(unit.path, outer) if outer in owners else self.node(unit.path)

    def node(self, path: str, qualified: str = "") -> str:
        """IRI of a module, or of a unit in it."""
        return f"{self.base}{quote(path)}{'#' + quote(qualified) if qualified else ''}"

    def _named(self, node: str, relation: str, names: list[str], path: str, kind: str) -> Iterator[str]:
        for name in dict.fromkeys(names):
            units = [unit for unit in self.by_name.get(name, ()) if not kind or unit[2] == kind]
            near = [unit for unit in units if unit[0] == path] or units
            if len(near) > _MAX_NAMESAKES:
                continue
            if near:
                where, qualified, _ = near[0]
                yield _line(node, CODE + relation, f"<{self.node(where, qualified)}>")
            elif kind:
                outside = f"{self.base}name:{quote(name)}"
                yield _line(node, CODE + relation, f"<{outside}>")
                yield _line(outside, _LABEL, _text(name))
                yield _line(outside, _RDF_TYPE, f"<{CODE}{_CLASSES[Unit.Kind(kind)]}>")


def _bases(code: str) -> list[str]:
    match = next(filter(None, map(_BASES.match, code.split("\n")[:12])), None)
    written = (match.group(1) or match.group(2) or "") if match else ""
    parts = [part.split("=")[0].strip().rpartition(".")[2] for part in written.split(",") if "=" not in part]
    return [part for part in parts if part.isidentifier() and part != "object"]


def _line(subject: str, predicate: str, target: str) -> str:
    return f"<{subject}> <{predicate}> {target} ."


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _number(number: int) -> str:
    return f'"{number}"^^<{_INTEGER}>'
