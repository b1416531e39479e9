"""C."""

import tree_sitter_c
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text, node_text


def name_of(node: Node) -> str | None:
    """Name: of a function the innermost declarator's, of a structure its own, if it has a body."""
    if node.type == "function_definition":
        declarator = node.child_by_field_name("declarator")
        while declarator is not None and (inner := declarator.child_by_field_name("declarator")) is not None:
            declarator = inner
        return node_text(declarator).strip() if declarator is not None else None
    if node.type == "type_definition":
        return field_text(node, "declarator") if field_text(node, "type") else None
    if node.child_by_field_name("body") is None:
        return None
    return field_text(node, "name")


LANGUAGE = Language(
    name="c",
    label="C",
    extensions=(".c", ".h"),
    grammar=tree_sitter_c.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset({"struct_specifier", "union_specifier", "enum_specifier", "type_definition"}),
    imports=frozenset({"preproc_include"}),
    name_of=name_of,
)
