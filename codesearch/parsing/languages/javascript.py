"""JavaScript, with JSX."""

import tree_sitter_javascript
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text

# A function without a name of its own is named by what it is assigned to.
_NAMING_PARENTS = {
    "variable_declarator": "name",
    "assignment_expression": "left",
    "pair": "key",
    "field_definition": "property",
    "public_field_definition": "name",
    "export_statement": "",
}
FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "function_expression",
        "generator_function",
        "arrow_function",
    }
)


def name_of(node: Node) -> str | None:
    """Name a definition is known by, also `app.use` of `app.use = function () {}`."""
    parent = node.parent
    if parent is not None and parent.type in _NAMING_PARENTS:
        field = _NAMING_PARENTS[parent.type]
        if not field:
            return field_text(node, "name") or "default"
        name = field_text(parent, field)
        return name.strip("\"'") if name and len(name) <= 200 and "\n" not in name else None
    return field_text(node, "name")


LANGUAGE = Language(
    name="javascript",
    label="JavaScript",
    extensions=(".js", ".mjs", ".cjs", ".jsx"),
    grammar=tree_sitter_javascript.language,
    functions=FUNCTIONS,
    classes=frozenset({"class_declaration", "class"}),
    wrappers=frozenset(
        {
            "export_statement",
            "lexical_declaration",
            "variable_declaration",
            "variable_declarator",
            "expression_statement",
            "assignment_expression",
        }
    ),
    imports=frozenset({"import_statement"}),
    name_of=name_of,
)
