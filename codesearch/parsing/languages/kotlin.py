"""Kotlin."""

from collections.abc import Iterator

import tree_sitter_kotlin
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, constant_or, field_text, node_text


def _name(node: Node) -> str | None:
    """Name; a constructor's is its class's, that of an object without one is `Companion`."""
    if node.type == "companion_object":
        return field_text(node, "name") or "Companion"
    if node.type == "secondary_constructor":
        owner = node.parent.parent if node.parent is not None else None
        return field_text(owner, "name") if owner is not None else None
    return field_text(node, "name") or next(
        (node_text(child) for child in node.named_children if child.type == "identifier"), None
    )


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Properties, constants, entries of enums, and what a constructor's `val` and `var` declare."""
    if node.type == "enum_entry":
        yield Declared(_first_identifier(node), "constant")
    elif node.type == "class_parameter":
        if any(child.type in ("val", "var") for child in node.children):
            yield Declared(_first_identifier(node), "property")
    elif node.type == "property_declaration":
        modifiers = next((node_text(child) for child in node.children if child.type == "modifiers"), "")
        kind = "constant" if "const" in modifiers.split() else "property" if inside == "class" else "variable"
        for child in node.named_children:
            if child.type == "variable_declaration":
                name = _first_identifier(child)
                yield Declared(name, constant_or(kind, name))


def _first_identifier(node: Node) -> str:
    return next((node_text(child) for child in node.named_children if child.type == "identifier"), "")


LANGUAGE = Language(
    name="kotlin",
    label="Kotlin",
    extensions=(".kt", ".kts"),
    grammar=tree_sitter_kotlin.language,
    functions=frozenset({"function_declaration", "secondary_constructor"}),
    classes=frozenset({"class_declaration", "object_declaration", "companion_object", "type_alias"}),
    declarations=frozenset({"property_declaration", "enum_entry", "class_parameter"}),
    imports=frozenset({"import", "package_header"}),
    name_of=_name,
    declared_by=_declared,
)
