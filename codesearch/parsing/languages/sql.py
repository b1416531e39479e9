"""SQL: what statements create."""

import tree_sitter_sql
from tree_sitter import Node

from codesearch.parsing.base import Language, node_text


def _name(node: Node) -> str | None:
    """The created thing's name, with its schema; an index is named before its table."""
    for child in node.named_children:
        if child.type in ("object_reference", "identifier"):
            return node_text(child).replace('"', "").replace("`", "")
    return None


LANGUAGE = Language(
    name="sql",
    label="SQL",
    extensions=(".sql",),
    grammar=tree_sitter_sql.language,
    functions=frozenset({"create_function", "create_procedure", "create_trigger"}),
    classes=frozenset(
        {"create_table", "create_view", "create_materialized_view", "create_type", "create_index"}
    ),
    wrappers=frozenset({"statement"}),
    comments=frozenset({"comment", "marginalia"}),
    name_of=_name,
)
