"""Questions on databases: what pages, API, commands and evaluation may use of this engine.

All else is its inside, which may change; training alone builds on it.
"""

from kbqa.sql.answer.chart import chart_of
from kbqa.sql.answer.explanation import in_words, steps_of, sub_questions
from kbqa.sql.answer.formatting import laid_out, sentence_of, shown
from kbqa.sql.answer.generator import Focus, LocalGenerator, bundled_generator
from kbqa.sql.answer.kept_answer import FocusedColumn, KeptFocus, kept_answer_of
from kbqa.sql.answer.pipeline import Answer, ask
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import answers_of, features_of, fitted, keep_ranking
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.cross_encoder.inference import BUNDLED_FOLDER, load_cross_encoder
from kbqa.sql.focus.selection import NARROW, ROOMY, Budget
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.models import Database, DatabaseQuestion
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table
from kbqa.sql.sources import selectors, services
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source, served
from kbqa.sql.stores.executor import ExecutionError, Limits, Result, execute
from kbqa.sql.stores.validator import StatementError, checked

__all__ = [
    "BUNDLED_FOLDER",
    "MODEL_FOLDER",
    "NARROW",
    "ROOMY",
    "Answer",
    "Budget",
    "CellNames",
    "Column",
    "ColumnRef",
    "Database",
    "DatabaseQuestion",
    "ExecutionError",
    "Focus",
    "FocusedColumn",
    "ForeignKey",
    "KeptFocus",
    "Limits",
    "LocalGenerator",
    "Reading",
    "Result",
    "Schema",
    "Source",
    "StatementError",
    "Table",
    "answers_of",
    "ask",
    "bundled_generator",
    "chart_of",
    "checked",
    "execute",
    "features_of",
    "fitted",
    "in_words",
    "keep_ranking",
    "kept_answer_of",
    "laid_out",
    "link_question",
    "load_cross_encoder",
    "read_schema",
    "selectors",
    "sentence_of",
    "served",
    "services",
    "shown",
    "sqlite_engine",
    "steps_of",
    "sub_questions",
]
