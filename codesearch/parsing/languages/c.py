"""C."""

import tree_sitter_c
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text, node_text


def name_of(node: Node) -> str | None:
    """Name: of a function or type the innermost declarator's, of a structure its own, if it has a body."""
    if node.type in ("function_definition", "type_definition"):
        declarator = node.child_by_field_name("declarator")
        return _declared(declarator) if declarator is not None else None
    if node.child_by_field_name("body") is None:
        return None
    return field_text(node, "name")


def _declared(declarator: Node) -> str:
    """What a declarator declares: `pick` of `(*pick(int x))(int)`."""
    while (inner := _inner(declarator)) is not None:
        declarator = inner
    if declarator.type == "operator_cast":
        return f"operator {field_text(declarator, 'type')}"
    return node_text(declarator).strip()


def _inner(declarator: Node) -> Node | None:
    """The declarator inside of one; of references and parentheses the grammar has no field for it."""
    if declarator.type == "operator_cast":
        return None
    if declarator.type in ("reference_declarator", "parenthesized_declarator"):
        return next((child for child in reversed(declarator.named_children) if child.type != "comment"), None)
    return declarator.child_by_field_name("declarator")


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
