"""Java."""

from collections.abc import Iterator

import tree_sitter_java
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Fields, those that are `static final` as constants; constants of enums and interfaces."""
    if node.type == "enum_constant":
        yield Declared(field_text(node, "name") or "", "constant")
    elif node.type == "annotation_type_element_declaration":
        yield Declared(field_text(node, "name") or "", "method", is_prototype=True)
    else:
        modifiers = next(
            (node_text(child) for child in node.children if child.type == "modifiers"), ""
        ).split()
        is_constant = node.type == "constant_declaration" or {"static", "final"} <= {*modifiers}
        for declarator in node.children_by_field_name("declarator"):
            yield Declared(field_text(declarator, "name") or "", "constant" if is_constant else "field")


LANGUAGE = Language(
    name="java",
    label="Java",
    extensions=(".java",),
    grammar=tree_sitter_java.language,
    functions=frozenset({"method_declaration", "constructor_declaration", "compact_constructor_declaration"}),
    classes=frozenset(
        {
            "class_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "annotation_type_declaration",
        }
    ),
    declarations=frozenset(
        {"field_declaration", "constant_declaration", "enum_constant", "annotation_type_element_declaration"}
    ),
    imports=frozenset({"import_declaration", "package_declaration"}),
    declared_by=_declared,
)
