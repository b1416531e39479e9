"""Questions on knowledge graphs: what pages, API, commands and evaluation may use of this engine.

All else is its inside, which may change; training alone builds on it.
"""

from kbqa.sparql.answer.blank_nodes import BlankTexts
from kbqa.sparql.answer.cells import Cell
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.kept_answer import GraphAnswer, GraphReading, GraphResult, kept_answer_of
from kbqa.sparql.answer.neighbourhood import Neighbourhood, neighbourhood_of
from kbqa.sparql.answer.picture import Picture
from kbqa.sparql.answer.pipeline import Answer, ask, run
from kbqa.sparql.answer.reading import Reading
from kbqa.sparql.answer.registry import configured_decoder, local_decoder, served
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.edits import update_graph
from kbqa.sparql.ingest.load import uploaded_path
from kbqa.sparql.ingest.temporary import temporary_graph
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion
from kbqa.sparql.prefixes import shortened, with_prefixes
from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile, local_text
from kbqa.sparql.query import query_text
from kbqa.sparql.sources import exports, glossary, selectors, services
from kbqa.sparql.sources.services import add_graph
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.stores.base import RdfTerm
from kbqa.sparql.stores.executor import run_query
from kbqa.sparql.terms import parse_node

__all__ = [
    "Answer",
    "BlankTexts",
    "Cell",
    "ClassProfile",
    "Decoder",
    "Graph",
    "GraphAnswer",
    "GraphQuestion",
    "GraphReading",
    "GraphResult",
    "GraphVersion",
    "LiveGraph",
    "Neighbourhood",
    "OxigraphStore",
    "Picture",
    "PredicateProfile",
    "Profile",
    "QueryError",
    "RdfTerm",
    "Reading",
    "add_graph",
    "ask",
    "configured_decoder",
    "exports",
    "glossary",
    "kept_answer_of",
    "local_decoder",
    "local_text",
    "neighbourhood_of",
    "parse_node",
    "query_text",
    "run",
    "run_query",
    "selectors",
    "served",
    "services",
    "shortened",
    "temporary_graph",
    "update_graph",
    "uploaded_path",
    "with_prefixes",
]
