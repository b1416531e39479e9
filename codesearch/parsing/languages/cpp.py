"""C++."""

import tree_sitter_cpp
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text
from codesearch.parsing.languages import c


def _name(node: Node) -> str | None:
    return field_text(node, "name") if node.type == "namespace_definition" else c.name_of(node)


LANGUAGE = Language(
    name="cpp",
    label="C++",
    extensions=(".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h++", ".c++", ".ipp"),
    grammar=tree_sitter_cpp.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset({"class_specifier", "struct_specifier", "union_specifier", "enum_specifier"}),
    scopes=frozenset({"namespace_definition"}),
    wrappers=frozenset({"template_declaration"}),
    imports=frozenset({"preproc_include", "using_declaration"}),
    separator="::",
    name_of=_name,
)
