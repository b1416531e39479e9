"""A graph's names in PostgreSQL: how they are cut into words, and written in bulk."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice

import Stemmer
from django.db import connection
from pyoxigraph import BlankNode, Literal, NamedNode, Store

from kbqa.models import GraphVersion, Name
from kbqa.sparql.profile import Profile, local_text
from kbqa.sparql.stores.base import GraphStore

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$|['’]s(?=\s)")
_LONGEST_NAME, _LONGEST_VALUE = 200, 80
_COUNTED_EDGES = 200
_ROWS_AT_ONCE = 20_000
_PAGE, _MOST_ENDPOINT_NAMES = 5_000, 500_000
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
_stemmer = Stemmer.Stemmer("english")

NameRow = tuple[str, str, str, str, int]
"""kind, term, predicate, text, count"""


def fold(text: str) -> str:
    """Return a text without capitals, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(fold_word(word) for word in WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter))))


def fold_word(word: str) -> str:
    """Return a folded word without a possessive ending and apostrophes."""
    return _POSSESSIVE.sub("", word).replace("'", "").replace("’", "")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a folded word."""
    return str(_stemmer.stemWord(word))


def key_of(folded: str) -> str:
    """Return what is equal for names of the same words, whatever their order and endings."""
    return " ".join(sorted(map(stem, folded.split())))


def deletions(word: str) -> list[str]:
    """Return a word, and what is left of it when one letter goes; words that share one are at most two mistakes apart."""
    if len(word) < 4:
        return [word]
    return list(dict.fromkeys([word, *(word[:index] + word[index + 1 :] for index in range(len(word)))]))


def names_in(store: Store, profile: Profile) -> Iterator[NameRow]:
    """Read all names: labels, or what an IRI says where a graph has no labels, and the texts that properties have."""
    if profile.labels:
        for predicate in profile.labels:
            for quad in store.quads_for_pattern(None, predicate, None):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.subject not in profile.texts:
                    yield Name.Kind.ENTITY, str(quad.subject), "", quad.object.value, _degree(store, quad.subject)
    else:
        yield from _speaking_iris(store, profile)
    for predicate in profile.names:
        yield from _values(store, predicate)


def endpoint_names(store: GraphStore, profile: Profile) -> Iterator[NameRow]:
    """Read an endpoint's names in pages: labels, and the texts of properties, up to a bound."""
    sources = [(Name.Kind.ENTITY, predicate) for predicate in profile.labels]
    sources += [(Name.Kind.VALUE, each.predicate) for each in profile.predicates if not each.ranges]
    for kind, predicate in sources:
        for offset in range(0, _MOST_ENDPOINT_NAMES, _PAGE):
            what = "?s ?o" if kind == Name.Kind.ENTITY else "?o"
            body = f"SELECT DISTINCT {what} WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }}"
            rows = store.select(f"{body} ORDER BY {what} LIMIT {_PAGE} OFFSET {offset}").rows
            for row in rows:
                subject, value = (row[0], row[-1])
                if isinstance(value, Literal) and len(value.value) <= _LONGEST_NAME and subject not in profile.texts:
                    yield kind, str(subject), "" if kind == Name.Kind.ENTITY else str(predicate), value.value, 1
            if len(rows) < _PAGE:
                break


def write_names(version: GraphVersion, rows: Iterable[NameRow], after: Callable[[int], None] = lambda number: None) -> int:
    """Write names into the version's load, and return their number; `after` is called now and then with how many are written."""
    words: Counter[str] = Counter()
    stream, number = iter(rows), 0
    while portion := list(islice(stream, _ROWS_AT_ONCE)):
        number += _copy_names(version, portion, words)
        after(number)
    _write_words(version, words)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE kbqa_name, kbqa_nameword")
    return number


def _copy_names(version: GraphVersion, rows: Iterable[NameRow], words: "Counter[str]") -> int:
    number = 0
    columns = "graph_id, load, kind, term, predicate, text, key, words, count"
    with connection.cursor() as cursor, cursor.copy(f"COPY kbqa_name ({columns}) FROM STDIN") as copy:
        for kind, term, predicate, text, count in rows:
            folded = fold(text[:_LONGEST_NAME])
            if not folded:
                continue
            stems = sorted(map(stem, folded.split()))
            shown = text[:_LONGEST_NAME].replace("\0", "")
            copy.write_row((version.graph_id, version.load, kind, term, predicate, shown, " ".join(stems), stems, count))
            words.update(set(folded.split()))
            number += 1
    return number


def _write_words(version: GraphVersion, words: "Counter[str]") -> None:
    rows = [(version.graph_id, version.load, word, count, deletions(word)) for word, count in words.items()]
    with connection.cursor() as cursor:
        cursor.execute(_NEW_WORDS)
        with cursor.copy("COPY new_words (graph_id, load, word, count, deletions) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO kbqa_nameword (graph_id, load, word, count, deletions) SELECT graph_id, load, word, count, deletions FROM new_words "
            "ON CONFLICT (graph_id, load, word) DO UPDATE SET count = kbqa_nameword.count + excluded.count"
        )
        cursor.execute("DROP TABLE new_words")


def remove_names(version: GraphVersion, rows: Iterable[NameRow]) -> None:
    """Remove single names from the version's load; words that no name has any more only cost a look."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "DELETE FROM kbqa_name WHERE graph_id = %s AND load = %s AND kind = %s AND term = %s AND predicate = %s AND text = %s",
            [(version.graph_id, version.load, kind, term, predicate, text[:_LONGEST_NAME]) for kind, term, predicate, text, _ in rows],
        )


def delete_names(graph: int, load: int | None = None) -> None:
    """Remove the names of one load of a graph, or of all."""
    for table in ("kbqa_name", "kbqa_nameword"):
        with connection.cursor() as cursor:
            if load is None:
                cursor.execute(f"DELETE FROM {table} WHERE graph_id = %s", [graph])
            else:
                cursor.execute(f"DELETE FROM {table} WHERE graph_id = %s AND load = %s", [graph, load])


_NEW_WORDS = "CREATE TEMPORARY TABLE new_words (graph_id int8, load int4, word text, count int4, deletions text[])"


def _degree(store: Store, subject: NamedNode) -> int:
    leaving = sum(1 for _ in islice(store.quads_for_pattern(subject, None, None), _COUNTED_EDGES))
    return leaving + sum(1 for _ in islice(store.quads_for_pattern(None, None, subject), _COUNTED_EDGES))


def _speaking_iris(store: Store, profile: Profile) -> Iterator[NameRow]:
    seen = {iri.value for iri in profile.texts}
    for predicate in profile.names:
        for quad in store.quads_for_pattern(None, predicate, None):
            for end in (quad.subject, quad.object):
                if isinstance(end, NamedNode) and end.value not in seen:
                    seen.add(end.value)
                    yield Name.Kind.ENTITY, str(end), "", local_text(end.value), 1


def _values(store: Store, predicate: NamedNode) -> Iterator[NameRow]:
    """Read the distinct short texts of a property."""
    seen: set[Literal] = set()
    for quad in store.quads_for_pattern(None, predicate, None):
        value = quad.object
        if isinstance(value, BlankNode | NamedNode) or not isinstance(value, Literal) or value in seen or len(value.value) > _LONGEST_VALUE:
            continue
        if value.language or value.datatype.value == _XSD_STRING:
            seen.add(value)
            yield Name.Kind.VALUE, str(value), str(predicate), value.value, 1
