"""IRIs as people write them, with prefixes: well-known ones, those of a graph's file, and made-up ones."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

KNOWN = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "schema": "http://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "dct": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbp": "http://dbpedia.org/property/",
    "dbr": "http://dbpedia.org/resource/",
}
MAX_PREFIXES = 50
_DECLARED = re.compile(r"(?i:\bPREFIX)\s+([\w-]*):\s*<([^<>\"\s]*)>\n?")
NAME = re.compile(r"[a-zA-Z][\w-]{0,30}")
"""The names of prefixes that are made or kept here."""

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\s]+")
_NAMESPACE = re.compile(r"^(.*[/#])([A-Za-z0-9_][\w-]*)$", re.ASCII)
_TOKEN = re.compile(r"""<([^<>"\s]*)>|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*""")

_PREFIXED = re.compile(rf"{_TOKEN.pattern}|(?<![\w:])(?P<prefix>[a-zA-Z][\w-]*|):(?P<local>[\w][\w-]*)")


def prefixes_for(iris: Iterable[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Prefixes for the namespaces of some IRIs: those that their file `declared`, and made-up ones."""
    prefixes = {name: iri for name, iri in list(declared.items())[:MAX_PREFIXES] if is_prefix(name, iri)}
    spaces = Counter(match.group(1) for iri in iris if (match := _NAMESPACE.match(iri)))
    for space, _ in spaces.most_common():
        if space not in prefixes.values() and space not in KNOWN.values() and len(prefixes) < MAX_PREFIXES:
            prefixes[_free_name(space, {*prefixes, *KNOWN})] = space
    return prefixes


def is_prefix(name: object, iri: object) -> bool:
    """Whether a name and an IRI can stand in a declaration."""
    return isinstance(name, str) and bool(NAME.fullmatch(name)) and is_iri(iri)


def is_iri(iri: object) -> bool:
    """Whether something is a whole IRI."""
    return isinstance(iri, str) and bool(_IRI.fullmatch(iri))


def _free_name(space: str, taken: set[str]) -> str:
    """A prefix that is not taken: the last part of a namespace's path, or the first of its host."""
    address = space.rsplit("://", maxsplit=1)[-1]
    path = [part for part in re.split(r"[/#]+", address)[1:] if NAME.fullmatch(part)]
    parts = [part for part in re.split(r"[/#.:]+", address) if NAME.fullmatch(part) and part != "www"]
    name = (path[-1] if path else parts[0] if parts else "ns").lower()
    numbered = (f"{name}{number}" for number in range(2, MAX_PREFIXES + 20))
    return next(free for free in (name, *numbered) if free not in taken)


def in_full(query: str) -> str:
    """A query whose IRIs are written whole, and which declares no prefix any more.

    >>> in_full('PREFIX x: <urn:a/> ASK { x:b ?p "x:c" }')
    ' ASK { <urn:a/b> ?p "x:c" }'
    """
    spaces = {match[1]: match[2] for match in _DECLARED.finditer(query)}

    def whole(match: re.Match[str]) -> str:
        space = spaces.get(match["prefix"]) if match["local"] else None
        return match.group() if space is None else f"<{space}{match['local']}>"

    return _PREFIXED.sub(whole, _DECLARED.sub("", query))


def shortened(iri: str, prefixes: Mapping[str, str]) -> str:
    """An IRI as it is written in a query: with a prefix where there is one.

    >>> shortened("http://schema.org/Person", {}), shortened("http://x.example/a/b", {"x": "http://x.example/"})
    ('schema:Person', '<http://x.example/a/b>')
    """
    parts = _NAMESPACE.match(iri)
    names = {space: name for name, space in (KNOWN | dict(prefixes)).items()}
    name = names.get(parts.group(1)) if parts else None
    return f"{name}:{parts.group(2)}" if parts and name else f"<{iri}>"


def with_prefixes(query: str, prefixes: Mapping[str, str]) -> str:
    """A query whose IRIs are written with prefixes where there are any, and which declares these."""
    names = {iri: name for name, iri in (KNOWN | dict(prefixes)).items()}
    used: dict[str, str] = {}

    def shortened(match: re.Match[str]) -> str:
        parts = _NAMESPACE.match(match.group(1) or "")
        name = names.get(parts.group(1)) if parts else None
        if parts is None or name is None:
            return match.group()
        used[name] = parts.group(1)
        return f"{name}:{parts.group(2)}"

    body = _TOKEN.sub(shortened, query)
    return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in used.items()) + body
