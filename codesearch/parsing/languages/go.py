"""Go."""

import re
from collections.abc import Iterator

import tree_sitter_go
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text

_RECEIVER_TYPE = re.compile(r"\*?\s*(\w+)\s*(?:\[[^\]]*\])?\s*\)$")
_KINDS = {"const_spec": "constant", "var_spec": "variable", "field_declaration": "field"}


def _name(node: Node) -> str | None:
    """Name; a method's is preceded by its receiver's type, since Go writes methods beside the type."""
    name = field_text(node, "name")
    receiver = field_text(node, "receiver") if node.type == "method_declaration" else None
    match = _RECEIVER_TYPE.search(receiver) if receiver else None
    return f"{match.group(1)}.{name}" if match and name else name


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Constants and variables, an unnamed `_` left out; fields, and what an interface promises."""
    names = [node_text(name) for name in node.children_by_field_name("name") if name.type != ","]
    if node.type == "method_elem":
        yield from (Declared(name, "method", is_prototype=True) for name in names)
    else:
        yield from (Declared(name, _KINDS[node.type]) for name in names if name != "_")


LANGUAGE = Language(
    name="go",
    label="Go",
    extensions=(".go",),
    grammar=tree_sitter_go.language,
    functions=frozenset({"function_declaration", "method_declaration"}),
    classes=frozenset({"type_spec", "type_alias"}),
    declarations=frozenset({*_KINDS, "method_elem"}),
    wrappers=frozenset({"type_declaration", "const_declaration", "var_declaration"}),
    imports=frozenset({"import_declaration", "package_clause"}),
    name_of=_name,
    is_method=lambda node, name: node.type == "method_declaration",
    declared_by=_declared,
)
