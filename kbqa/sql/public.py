"""Questions on databases: what pages, API, commands and evaluation may use of this engine.

All else is its inside, which may change; training alone builds on it.
"""

from kbqa.sql.answer.encoding import encode_question
from kbqa.sql.answer.formatting import laid_out, sentence_of, shown
from kbqa.sql.answer.generator import LocalGenerator, bundled_generator
from kbqa.sql.answer.kept_answer import DatabaseAnswer, FocusedColumn, KeptFocus, SqlReading, kept_answer_of
from kbqa.sql.answer.pipeline import SURE, Answer, ask
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.charts.chart import Chart, chart_of, gives_an_order, key_names
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.exports.services import FORMATS, format_called, response_of
from kbqa.sql.focus.cross_encoder.inference import BUNDLED_FOLDER, load_cross_encoder
from kbqa.sql.focus.schema_focus import focus_schema
from kbqa.sql.focus.selection import NARROW, ROOMY, Budget
from kbqa.sql.identifiers import written_table
from kbqa.sql.models import Database, DatabaseQuestion, GlossaryEntry
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table, readable
from kbqa.sql.sources import glossary, schedule, selectors, services
from kbqa.sql.sources.connecting import Trial
from kbqa.sql.sources.server_form import ServerFields
from kbqa.sql.stores.databases import Source, file_of, served
from kbqa.sql.stores.executor import Result
from kbqa.sql.stores.server_parts import PARTS
from kbqa.sql.verifier.inference import VERIFIER_FOLDER, load_verifier

__all__ = [
    "BUNDLED_FOLDER",
    "FORMATS",
    "MODEL_FOLDER",
    "NARROW",
    "PARTS",
    "ROOMY",
    "SURE",
    "VERIFIER_FOLDER",
    "Answer",
    "Budget",
    "CellNames",
    "Chart",
    "Column",
    "ColumnRef",
    "Database",
    "DatabaseAnswer",
    "DatabaseQuestion",
    "FocusedColumn",
    "ForeignKey",
    "GlossaryEntry",
    "KeptFocus",
    "LocalGenerator",
    "Result",
    "Schema",
    "ServerFields",
    "Source",
    "SqlReading",
    "Table",
    "Trial",
    "ask",
    "bundled_generator",
    "chart_of",
    "configured_generator",
    "encode_question",
    "file_of",
    "focus_schema",
    "format_called",
    "gives_an_order",
    "glossary",
    "kept_answer_of",
    "key_names",
    "laid_out",
    "link_question",
    "load_cross_encoder",
    "load_verifier",
    "readable",
    "response_of",
    "schedule",
    "selectors",
    "sentence_of",
    "served",
    "services",
    "shown",
    "written_table",
]
