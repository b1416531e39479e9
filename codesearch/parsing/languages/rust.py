"""Rust."""

from collections.abc import Iterator

import tree_sitter_rust
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text

_KINDS = {
    "const_item": "constant",
    "static_item": "variable",
    "enum_variant": "constant",
    "field_declaration": "field",
    "macro_definition": "macro",
}


def _name(node: Node) -> str | None:
    if node.type == "impl_item":
        implemented = field_text(node, "type")
        return implemented.split("<", 1)[0] if implemented else None
    return field_text(node, "name")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    name = field_text(node, "name")
    if name and name != "_":
        yield Declared(name, _KINDS[node.type])


LANGUAGE = Language(
    name="rust",
    label="Rust",
    extensions=(".rs",),
    grammar=tree_sitter_rust.language,
    functions=frozenset({"function_item", "function_signature_item"}),
    classes=frozenset(
        {"struct_item", "enum_item", "trait_item", "union_item", "type_item", "associated_type"}
    ),
    scopes=frozenset({"impl_item", "mod_item"}),
    declarations=frozenset(_KINDS),
    unscoped=frozenset({"macro_definition"}),
    imports=frozenset({"use_declaration", "extern_crate_declaration"}),
    separator="::",
    name_of=_name,
    declared_by=_declared,
)
