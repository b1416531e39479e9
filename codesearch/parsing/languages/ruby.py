"""Ruby."""

from collections.abc import Iterator

import tree_sitter_ruby
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text

_ACCESSORS = ("attr_accessor", "attr_reader", "attr_writer", "cattr_accessor", "mattr_accessor")
_DEFINING = ("define_method", "alias_method")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Constants, attributes, and methods that `alias` and `define_method` make."""
    if node.type == "assignment":
        left = node.child_by_field_name("left")
        if left is not None and left.type == "constant":
            yield Declared(node_text(left), "constant")
    elif node.type == "alias":
        yield Declared(field_text(node, "name") or "", "method" if inside == "class" else "function")
    elif field_text(node, "receiver") is None:
        symbols = _symbols(node)
        method = field_text(node, "method")
        if method in _ACCESSORS:
            yield from (Declared(symbol, "property") for symbol in symbols)
        elif method in _DEFINING and symbols:
            yield Declared(symbols[0], "method" if inside == "class" else "function")


def _symbols(call: Node) -> list[str]:
    arguments = call.child_by_field_name("arguments")
    children = arguments.named_children if arguments is not None else []
    return [node_text(child).lstrip(":") for child in children if child.type == "simple_symbol"]


LANGUAGE = Language(
    name="ruby",
    label="Ruby",
    extensions=(".rb", ".rake", ".gemspec", ".ru"),
    grammar=tree_sitter_ruby.language,
    functions=frozenset({"method", "singleton_method"}),
    classes=frozenset({"class", "module"}),
    declarations=frozenset({"assignment", "alias", "call"}),
    separator="::",
    declared_by=_declared,
)
