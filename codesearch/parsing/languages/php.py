"""PHP."""

import tree_sitter_php

from codesearch.parsing.base import Language

LANGUAGE = Language(
    name="php",
    label="PHP",
    extensions=(".php", ".phtml", ".inc"),
    grammar=tree_sitter_php.language_php,
    functions=frozenset({"function_definition", "method_declaration"}),
    classes=frozenset(
        {"class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"}
    ),
    scopes=frozenset({"namespace_definition"}),
    imports=frozenset({"namespace_use_declaration", "php_tag"}),
    separator="::",
)
