"""C#."""

from collections.abc import Iterator

import tree_sitter_c_sharp
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text


def _name(node: Node) -> str | None:
    if node.type == "operator_declaration":
        return f"operator {field_text(node, 'operator') or ''}".strip()
    if node.type == "conversion_operator_declaration":
        return f"operator {field_text(node, 'type') or ''}".strip()
    if node.type == "destructor_declaration":
        return f"~{field_text(node, 'name')}"
    return field_text(node, "name")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Fields and events by their declarators, properties and indexers by themselves."""
    if node.type in ("property_declaration", "event_declaration"):
        yield Declared(field_text(node, "name") or "", "property")
    elif node.type == "indexer_declaration":
        yield Declared("this[]", "property")
    elif node.type == "enum_member_declaration":
        yield Declared(field_text(node, "name") or "", "constant")
    else:
        is_constant = any(child.type == "modifier" and node_text(child) == "const" for child in node.children)
        kind = (
            "property" if node.type == "event_field_declaration" else "constant" if is_constant else "field"
        )
        for declaration in node.named_children:
            if declaration.type == "variable_declaration":
                for declarator in declaration.named_children:
                    if declarator.type == "variable_declarator":
                        yield Declared(field_text(declarator, "name") or "", kind)


LANGUAGE = Language(
    name="csharp",
    label="C#",
    extensions=(".cs",),
    grammar=tree_sitter_c_sharp.language,
    functions=frozenset(
        {
            "method_declaration",
            "constructor_declaration",
            "destructor_declaration",
            "local_function_statement",
            "operator_declaration",
            "conversion_operator_declaration",
        }
    ),
    classes=frozenset(
        {
            "class_declaration",
            "interface_declaration",
            "struct_declaration",
            "record_declaration",
            "enum_declaration",
            "delegate_declaration",
        }
    ),
    scopes=frozenset({"namespace_declaration", "file_scoped_namespace_declaration"}),
    declarations=frozenset(
        {
            "field_declaration",
            "property_declaration",
            "event_declaration",
            "event_field_declaration",
            "indexer_declaration",
            "enum_member_declaration",
        }
    ),
    imports=frozenset({"using_directive"}),
    name_of=_name,
    declared_by=_declared,
)
