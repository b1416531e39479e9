"""PHP."""

from collections.abc import Iterator

import tree_sitter_php
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Constants, also by `define`; properties and variables without their dollar."""
    if node.type == "const_declaration":
        for element in node.named_children:
            if element.type == "const_element":
                yield Declared(node_text(element.named_children[0]), "constant")
    elif node.type == "enum_case":
        yield Declared(field_text(node, "name") or "", "constant")
    elif node.type == "property_declaration":
        for element in node.named_children:
            if element.type == "property_element":
                yield Declared((field_text(element, "name") or node_text(element)).lstrip("$"), "field")
    elif node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        if left is not None and left.type == "variable_name" and inside != "class":
            yield Declared(node_text(left).lstrip("$"), "variable")
    elif field_text(node, "function") == "define":
        yield from _defined(node)


def _defined(call: Node) -> Iterator[Declared]:
    arguments = call.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    name = node_text(first).strip("'\"") if first is not None else ""
    if name.isidentifier():
        yield Declared(name, "constant")


LANGUAGE = Language(
    name="php",
    label="PHP",
    extensions=(".php", ".phtml", ".inc"),
    grammar=tree_sitter_php.language_php,
    functions=frozenset({"function_definition", "method_declaration"}),
    classes=frozenset(
        {"class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"}
    ),
    scopes=frozenset({"namespace_definition"}),
    declarations=frozenset(
        {
            "const_declaration",
            "enum_case",
            "property_declaration",
            "assignment_expression",
            "function_call_expression",
        }
    ),
    imports=frozenset({"namespace_use_declaration", "php_tag"}),
    separator="::",
    declared_by=_declared,
)
