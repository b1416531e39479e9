"""Java."""

import tree_sitter_java

from codesearch.parsing.base import Language

LANGUAGE = Language(
    name="java",
    label="Java",
    extensions=(".java",),
    grammar=tree_sitter_java.language,
    functions=frozenset({"method_declaration", "constructor_declaration", "compact_constructor_declaration"}),
    classes=frozenset(
        {
            "class_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "annotation_type_declaration",
        }
    ),
    imports=frozenset({"import_declaration", "package_declaration"}),
)
