"""Rust."""

import tree_sitter_rust
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text


def _name(node: Node) -> str | None:
    if node.type == "impl_item":
        implemented = field_text(node, "type")
        return implemented.split("<", 1)[0] if implemented else None
    return field_text(node, "name")


LANGUAGE = Language(
    name="rust",
    label="Rust",
    extensions=(".rs",),
    grammar=tree_sitter_rust.language,
    functions=frozenset({"function_item", "function_signature_item", "macro_definition"}),
    classes=frozenset({"struct_item", "enum_item", "trait_item", "union_item"}),
    scopes=frozenset({"impl_item", "mod_item"}),
    imports=frozenset({"use_declaration", "extern_crate_declaration"}),
    separator="::",
    name_of=_name,
)
