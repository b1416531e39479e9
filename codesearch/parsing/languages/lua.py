"""Lua."""

from collections.abc import Iterator

import tree_sitter_lua
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, constant_or, field_text, node_text


def _name(node: Node) -> str | None:
    """Name; a function without one has that of the variable it is assigned to."""
    if node.type == "function_declaration":
        return (field_text(node, "name") or "").replace(":", ".") or None
    values = node.parent
    statement = values.parent if values is not None else None
    if statement is None or statement.type != "assignment_statement" or len(values.named_children) != 1:  # type: ignore[union-attr]
        return None
    return node_text(statement.named_children[0]).replace(":", ".")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    names, values = node.named_children[0], node.named_children[1:]
    if values and any(value.type == "function_definition" for value in values[0].named_children):
        return
    for name in names.children_by_field_name("name"):
        if name.type == "identifier":
            yield Declared(node_text(name), constant_or("variable", node_text(name)))


LANGUAGE = Language(
    name="lua",
    label="Lua",
    extensions=(".lua",),
    grammar=tree_sitter_lua.language,
    functions=frozenset({"function_declaration", "function_definition"}),
    classes=frozenset(),
    declarations=frozenset({"assignment_statement"}),
    wrappers=frozenset({"variable_declaration", "assignment_statement", "expression_list"}),
    name_of=_name,
    is_method=lambda node, name: ":" in (field_text(node, "name") or ""),
    declared_by=_declared,
)
