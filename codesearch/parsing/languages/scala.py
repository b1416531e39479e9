"""Scala."""

from collections.abc import Iterator

import tree_sitter_scala
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, constant_or, field_text, node_text


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Values and variables, those of classes and objects as fields; cases of enums."""
    if node.type in ("simple_enum_case", "full_enum_case"):
        yield Declared(field_text(node, "name") or "", "constant")
        return
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
    if pattern is not None and pattern.type == "identifier":
        name = node_text(pattern)
        yield Declared(name, constant_or("field" if inside == "class" else "variable", name))


LANGUAGE = Language(
    name="scala",
    label="Scala",
    extensions=(".scala", ".sc", ".sbt"),
    grammar=tree_sitter_scala.language,
    functions=frozenset({"function_definition", "function_declaration"}),
    classes=frozenset(
        {"class_definition", "object_definition", "trait_definition", "enum_definition", "type_definition"}
    ),
    declarations=frozenset(
        {
            "val_definition",
            "var_definition",
            "val_declaration",
            "var_declaration",
            "simple_enum_case",
            "full_enum_case",
        }
    ),
    imports=frozenset({"import_declaration", "package_clause"}),
    declared_by=_declared,
)
