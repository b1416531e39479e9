"""Questions on knowledge graphs: what pages, API, commands and evaluation may use of this engine.

All else is its inside, which may change; training alone builds on it.
"""

from kbqa.sparql import names
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.explanation import steps_of
from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.answer.neighbourhood import Neighbourhood, neighbourhood_of
from kbqa.sparql.answer.picture import Picture, picture_of
from kbqa.sparql.answer.pipeline import Answer, Cell, Reading, ask, run, shown_rows
from kbqa.sparql.answer.registry import local_decoder, served
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.name_reader import names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, rdf_format, triples_of
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion, Question
from kbqa.sparql.names import encode_labels, label_vectors_of
from kbqa.sparql.prefixes import with_prefixes
from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile, local_text
from kbqa.sparql.query import query_text
from kbqa.sparql.sources import selectors, services
from kbqa.sparql.sources.services import add_graph
from kbqa.sparql.stores import OxigraphStore, QueryError, Solutions, StoreError
from kbqa.sparql.stores.base import RdfTerm
from kbqa.sparql.stores.executor import run_query

__all__ = [
    "Answer",
    "Cell",
    "ClassProfile",
    "Decoder",
    "Graph",
    "GraphQuestion",
    "GraphVersion",
    "LiveGraph",
    "LoadError",
    "Neighbourhood",
    "OxigraphStore",
    "Picture",
    "PredicateProfile",
    "Profile",
    "QueryError",
    "Question",
    "RdfFile",
    "RdfTerm",
    "Reading",
    "Report",
    "Solutions",
    "StoreError",
    "add_graph",
    "ask",
    "encode_labels",
    "kept_answer_of",
    "label_vectors_of",
    "local_decoder",
    "local_text",
    "names",
    "names_in",
    "neighbourhood_of",
    "picture_of",
    "profile_graph",
    "query_text",
    "rdf_format",
    "run",
    "run_query",
    "selectors",
    "served",
    "services",
    "shown_rows",
    "steps_of",
    "triples_of",
    "with_prefixes",
]
