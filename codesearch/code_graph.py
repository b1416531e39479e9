"""A repository's index as a graph: modules, classes, functions, and how they hang together.

The edges are the references that were resolved at the build, guesses left out. A base or module that is not
in the repository becomes a node with the name alone, so that "which classes inherit from Field" also finds
bases that live elsewhere.
"""

from collections.abc import Iterator
from urllib.parse import quote, unquote

from codesearch import selectors
from codesearch.models import Repository, Unit
from codesearch.references.facts import Role
from codesearch.references.links import OVERRIDE, FileLinks
from codesearch.references.reading import repository_links

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
    "overrides": "overrides",
    "imports": "imports",
    "file": "file",
    "line": "position in file",
    "lines": "number of lines",
    "language": "language",
    "signature": "signature",
    "module": "module",
}
_RELATIONS = {
    Role.CALL: "calls",
    Role.INHERIT: "inheritsFrom",
    Role.IMPORT: "imports",
    OVERRIDE: "overrides",
}
_CALLABLE = (Unit.Kind.FUNCTION, Unit.Kind.METHOD, Unit.Kind.CLASS)


def repository_exists(name: str) -> bool:
    """Whether a repository of that name has an index."""
    return Repository.objects.filter(name=name, deleting=False, serving__gt=0).exists()


def repository_triples(name: str) -> Iterator[str]:
    """The served index of a repository, as lines of N-Triples."""
    for local, text in _VOCABULARY.items():
        yield _line(CODE + local, _LABEL, _text(text))
    graph = _CodeGraph(name)
    files = selectors.served_files(name).order_by("path").values_list("path", "language", "lines")
    for path, language, lines in files.iterator(chunk_size=2_000):
        yield from graph.module(path, language, lines)
    units = (
        selectors.served_units()
        .filter(repository__name=name, kind__in=_CLASSES)
        .order_by("path", "start_line")
    )
    for unit in units.iterator(chunk_size=500):
        yield from graph.unit(unit)
    for path, links in repository_links(name):
        yield from graph.links(path, links)


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
    """The units of a repository as nodes, and what the references between them say."""

    def __init__(self, repository: str) -> None:
        self.base = _base(repository)
        rows = selectors.served_units().filter(repository__name=repository, kind__in=_CALLABLE)
        self.spelled = {
            (path, qualified.replace("::", ".")): qualified
            for path, qualified in rows.values_list("path", "qualified_name")
        }

    def module(self, path: str, language: str, lines: int) -> Iterator[str]:
        """The triples of a file."""
        node = self.node(path)
        yield _line(node, _RDF_TYPE, f"<{CODE}Module>")
        yield _line(node, _LABEL, _text(path))
        yield _line(node, CODE + "language", _text(language))
        yield _line(node, CODE + "lines", _number(lines))

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

    def links(self, path: str, file: FileLinks) -> Iterator[str]:
        """What the names of a file refer to, as triples: calls, bases, overridden methods, imports."""
        told = set()
        for link in file.links:
            relation = _RELATIONS.get(link.role)
            subject = self.node(path) if link.role == Role.IMPORT else self.known(path, link.within)
            if relation is None or subject is None or not link.certain:
                continue
            for number in link.targets:
                at = file.targets[number]
                target = self.node(at.path) if link.role == Role.IMPORT else self.known(*at)
                if target is not None and target != subject and (subject, relation, target) not in told:
                    told.add((subject, relation, target))
                    yield _line(subject, CODE + relation, f"<{target}>")
        for role, within, name in file.outside:
            subject = self.node(path) if role == Role.IMPORT else self.known(path, within)
            if subject is not None:
                yield from self._outside(subject, Role(role), name)

    def owner(self, unit: Unit) -> str:
        """What defines a unit: the class that its qualified name begins with, or the module."""
        outer, _, _ = unit.qualified_name.replace("::", ".").rpartition(".")
        return self.known(unit.path, outer) or self.node(unit.path)

    def known(self, path: str, symbol: str) -> str | None:
        """The node of a symbol, or None where it is no class, function, method or module."""
        if not symbol:
            return self.node(path)
        spelled = self.spelled.get((path, symbol))
        return None if spelled is None else self.node(path, spelled)

    def node(self, path: str, qualified: str = "") -> str:
        """IRI of a module, or of a unit in it."""
        return f"{self.base}{quote(path)}{'#' + quote(qualified) if qualified else ''}"

    def _outside(self, subject: str, role: Role, name: str) -> Iterator[str]:
        """A base or module that the repository does not have: a node with the name alone."""
        kind = "import" if role == Role.IMPORT else "name"
        node = f"{self.base}{kind}:{quote(name)}"
        yield _line(subject, CODE + _RELATIONS[role], f"<{node}>")
        yield _line(node, _LABEL, _text(name))
        if role == Role.INHERIT:
            yield _line(node, _RDF_TYPE, f"<{CODE}Class>")


def _line(subject: str, predicate: str, target: str) -> str:
    return f"<{subject}> <{predicate}> {target} ."


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _number(number: int) -> str:
    return f'"{number}"^^<{_INTEGER}>'
