"""Python."""

from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, constant_or, node_text

_TARGETS = ("pattern_list", "tuple_pattern", "list_pattern")


def _docstring(node: Node) -> Node | None:
    """String that is the first statement of a definition or module."""
    body = node.child_by_field_name("body") or node
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is not None and first.type == "expression_statement" and first.named_child_count == 1:
        first = first.named_children[0]
    return first if first is not None and first.type in ("string", "concatenated_string") else None


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """What an assignment declares: `A, b = 1, 2` a constant and a variable."""
    target = node.child_by_field_name("left")
    value = node.child_by_field_name("right")
    if target is None:
        return
    for name in target.named_children if target.type in _TARGETS else [target]:
        if name.type != "identifier":
            continue
        if value is not None and value.type == "lambda":
            yield Declared(node_text(name), "method" if inside == "class" else "function")
        else:
            yield Declared(
                node_text(name), constant_or("field" if inside == "class" else "variable", node_text(name))
            )


LANGUAGE = Language(
    name="python",
    label="Python",
    extensions=(".py", ".pyi", ".pyw"),
    grammar=tree_sitter_python.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset({"class_definition"}),
    declarations=frozenset({"assignment"}),
    wrappers=frozenset({"decorated_definition"}),
    imports=frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
    documentation_of=_docstring,
    declared_by=_declared,
)
