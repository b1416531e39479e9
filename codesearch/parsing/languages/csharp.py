"""C#."""

import tree_sitter_c_sharp
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text


def _name(node: Node) -> str | None:
    if node.type == "operator_declaration":
        return f"operator {field_text(node, 'operator') or ''}".strip()
    return field_text(node, "name")


LANGUAGE = Language(
    name="csharp",
    label="C#",
    extensions=(".cs",),
    grammar=tree_sitter_c_sharp.language,
    functions=frozenset(
        {"method_declaration", "constructor_declaration", "local_function_statement", "operator_declaration"}
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
    imports=frozenset({"using_directive"}),
    name_of=_name,
)
