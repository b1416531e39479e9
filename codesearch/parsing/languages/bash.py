"""Shell scripts: sh, Bash, and what zsh and ksh have in common with them."""

from collections.abc import Iterator

import tree_sitter_bash
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, constant_or, field_text


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Variables that are assigned outside of functions, not those of a single command."""
    name = field_text(node, "name")
    if name and name.isidentifier() and (node.parent is None or node.parent.type != "command"):
        yield Declared(name, constant_or("variable", name))


LANGUAGE = Language(
    name="shell",
    label="Shell",
    extensions=(".sh", ".bash", ".zsh", ".ksh", ".bats"),
    grammar=tree_sitter_bash.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset(),
    declarations=frozenset({"variable_assignment"}),
    wrappers=frozenset({"declaration_command"}),
    declared_by=_declared,
)
