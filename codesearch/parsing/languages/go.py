"""Go."""

import re

import tree_sitter_go
from tree_sitter import Node

from codesearch.parsing.base import Language, field_text

_RECEIVER_TYPE = re.compile(r"\*?\s*(\w+)\s*(?:\[[^\]]*\])?\s*\)$")


def _name(node: Node) -> str | None:
    """Name; a method's is preceded by its receiver's type, since Go writes methods beside the type."""
    name = field_text(node, "name")
    receiver = field_text(node, "receiver") if node.type == "method_declaration" else None
    match = _RECEIVER_TYPE.search(receiver) if receiver else None
    return f"{match.group(1)}.{name}" if match and name else name


LANGUAGE = Language(
    name="go",
    label="Go",
    extensions=(".go",),
    grammar=tree_sitter_go.language,
    functions=frozenset({"function_declaration", "method_declaration"}),
    classes=frozenset({"type_spec", "type_alias"}),
    wrappers=frozenset({"type_declaration"}),
    imports=frozenset({"import_declaration", "package_clause"}),
    name_of=_name,
)
