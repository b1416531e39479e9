"""TypeScript and TSX."""

from dataclasses import replace

import tree_sitter_typescript

from codesearch.parsing.languages import javascript

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
    wrappers=javascript.LANGUAGE.wrappers | {"ambient_declaration"},
)

TSX = replace(LANGUAGE, extensions=(".tsx",), grammar=tree_sitter_typescript.language_tsx)
