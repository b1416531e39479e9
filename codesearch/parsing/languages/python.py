"""Python."""

import tree_sitter_python
from tree_sitter import Node

from codesearch.parsing.base import Language


def _docstring(node: Node) -> Node | None:
    """String that is the first statement of a definition or module."""
    body = node.child_by_field_name("body") or node
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is not None and first.type == "expression_statement" and first.named_child_count == 1:
        first = first.named_children[0]
    return first if first is not None and first.type in ("string", "concatenated_string") else None


LANGUAGE = Language(
    name="python",
    label="Python",
    extensions=(".py", ".pyi", ".pyw"),
    grammar=tree_sitter_python.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset({"class_definition"}),
    wrappers=frozenset({"decorated_definition"}),
    imports=frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
    documentation_of=_docstring,
)
