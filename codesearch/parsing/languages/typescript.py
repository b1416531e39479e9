"""TypeScript and TSX."""

from collections.abc import Iterator
from dataclasses import replace

import tree_sitter_typescript
from tree_sitter import Node

from codesearch.parsing.base import Declared, field_text, node_text
from codesearch.parsing.languages import javascript


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """What JavaScript declares, and what interfaces and enums do."""
    if node.type == "method_signature":
        yield Declared(field_text(node, "name") or "", "method", is_prototype=True)
    elif node.type == "property_signature":
        if inside == "class":
            yield Declared((field_text(node, "name") or "").strip("\"'"), "field")
    elif node.type == "enum_body":
        for member in node.named_children:
            name = member.child_by_field_name("name") if member.type == "enum_assignment" else member
            if name is not None and name.type in ("property_identifier", "string"):
                yield Declared(node_text(name).strip("\"'"), "constant", node=member)
    else:
        yield from javascript.declared_by(node, inside)


LANGUAGE = replace(
    javascript.LANGUAGE,
    name="typescript",
    label="TypeScript",
    extensions=(".ts", ".mts", ".cts"),
    grammar=tree_sitter_typescript.language_typescript,
    functions=javascript.FUNCTIONS | {"function_signature", "abstract_method_signature"},
    classes=frozenset(
        {
            "class_declaration",
            "class",
            "abstract_class_declaration",
            "interface_declaration",
            "enum_declaration",
            "type_alias_declaration",
        }
    ),
    scopes=frozenset({"internal_module", "module"}),
    declarations=javascript.DECLARATIONS
    | {"public_field_definition", "method_signature", "property_signature", "enum_body"},
    wrappers=javascript.LANGUAGE.wrappers | {"ambient_declaration"},
    declared_by=_declared,
)

TSX = replace(LANGUAGE, extensions=(".tsx",), grammar=tree_sitter_typescript.language_tsx)
