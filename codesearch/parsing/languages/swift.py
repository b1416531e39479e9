"""Swift."""

from collections.abc import Iterator

import tree_sitter_swift
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text

_SPECIAL = {"init_declaration": "init", "deinit_declaration": "deinit", "subscript_declaration": "subscript"}


def _name(node: Node) -> str | None:
    return _SPECIAL.get(node.type) or field_text(node, "name")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Properties and variables, `let` as constants outside of types; cases; what protocols ask for."""
    if node.type == "enum_entry":
        for name in node.children_by_field_name("name"):
            yield Declared(node_text(name), "constant")
    elif node.type == "protocol_function_declaration":
        yield Declared(field_text(node, "name") or "", "method", is_prototype=True)
    else:
        is_let = any(
            child.type == "value_binding_pattern" and node_text(child) == "let" for child in node.children
        )
        kind = "property" if inside == "class" else "constant" if is_let else "variable"
        for pattern in node.children_by_field_name("name"):
            name = pattern.child_by_field_name("bound_identifier")
            if name is not None:
                yield Declared(node_text(name), kind)


LANGUAGE = Language(
    name="swift",
    label="Swift",
    extensions=(".swift",),
    grammar=tree_sitter_swift.language,
    functions=frozenset({"function_declaration", *_SPECIAL}),
    classes=frozenset({"class_declaration", "protocol_declaration", "typealias_declaration"}),
    declarations=frozenset(
        {
            "property_declaration",
            "protocol_property_declaration",
            "protocol_function_declaration",
            "enum_entry",
        }
    ),
    comments=frozenset({"comment", "multiline_comment"}),
    imports=frozenset({"import_declaration"}),
    name_of=_name,
    declared_by=_declared,
)
