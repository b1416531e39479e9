"""Services of a graph's glossary: define a word, forget it, and list what there is."""

from collections.abc import Sequence

from pyoxigraph import NamedNode

from kbqa.linking.words import fold, key_of
from kbqa.sparql.answer.registry import served
from kbqa.sparql.grammar.live_graph import OpenedGraph
from kbqa.sparql.models import Graph, GraphWord, Name
from kbqa.sparql.names import names_of
from kbqa.sparql.prefixes import is_iri
from kbqa.sparql.terms import parse_term
from searchapp.errors import InvalidInput

_MAX_WORDS = 1_000


def define(graph: Graph, *, word: str, meaning: str) -> GraphWord:
    """Keep what people call a thing, a class or a property, which is meant by its name or its IRI.

    The word replaces what it meant before. Raises InvalidInput with the field that is wrong, NotReady,
    StoreError.
    """
    word, meaning = " ".join(word.split()), meaning.strip()
    if not any(map(str.isalnum, word)):
        raise InvalidInput("Write the word that people use.", field="word")
    if graph.glossary.count() >= _MAX_WORDS:
        raise InvalidInput(f"A glossary has at most {_MAX_WORDS:,} words.", field="word")
    meant = _meant(meaning, served(graph))
    kept, _ = GraphWord.objects.update_or_create(graph=graph, word=word[:100], defaults={"iri": meant.value})
    return kept


def forget(graph: Graph, key: int) -> None:
    """Remove a word, if it is there."""
    graph.glossary.filter(pk=key).delete()


def words_of_people(graph: Graph, opened: OpenedGraph) -> list[tuple[str, str]]:
    """Each word that people defined with the graph's own name of what it means. Raises StoreError."""
    words = [(each.word, NamedNode(each.iri)) for each in graph.glossary.all()]
    texts = opened.live.profile.every_text
    names = opened.live.store_names([iri for _, iri in words if iri not in texts]) if words else {}
    return [(word, texts.get(iri) or names[iri]) for word, iri in words]


def _meant(meaning: str, opened: OpenedGraph) -> NamedNode:
    """What a name or an IRI means in a graph. Raises InvalidInput, StoreError."""
    if is_iri(meaning):
        iri = NamedNode(meaning)
        patterns = (f"{iri} ?p ?o", f"?s {iri} ?o", f"?s ?p {iri}")
        if any(opened.live.store.any_solution([f"SELECT * WHERE {{ {each} }}" for each in patterns])):
            return iri
        raise InvalidInput(f"Nothing in this graph is called {meaning}.", field="meaning")
    return _only(_called(meaning, opened), meaning)


def _called(name: str, opened: OpenedGraph) -> list[NamedNode]:
    """The properties and classes of a name, else the things."""
    wanted = fold(name)
    known = [iri for iri, text in opened.live.profile.every_text.items() if fold(text) == wanted]
    if known or not wanted:
        return known
    found = names_of(opened.version).with_keys([key_of(wanted)])
    things = (each[1] for each in found if each[0] == Name.Kind.ENTITY and fold(each[3]) == wanted)
    return [term for text in dict.fromkeys(things) if isinstance(term := parse_term(text), NamedNode)]


def _only(found: Sequence[NamedNode], name: str) -> NamedNode:
    if not found:
        raise InvalidInput(f"Nothing in this graph is called {name[:100]}.", field="meaning")
    if len(found) > 1:
        raise InvalidInput(f"Several things are called {name[:100]}. Write the IRI of one.", field="meaning")
    return found[0]
