"""Elixir: all that is defined is a call, of `def` or the like."""

from collections.abc import Iterator

import tree_sitter_elixir
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text

_MODULES = ("defmodule", "defprotocol", "defimpl")
_FUNCTIONS = ("def", "defp", "defdelegate", "defguard", "defguardp", "defcallback")
_MACROS = ("defmacro", "defmacrop")
# Attributes that say something of a module or function instead of holding a value.
_ABOUT = frozenset(
    """doc moduledoc typedoc spec type typep opaque callback macrocallback impl behaviour derive deprecated
    enforce_keys compile before_compile after_compile on_definition dialyzer external_resource since""".split()  # noqa: SIM905
)


def _name(node: Node) -> str | None:
    """A module's name; other calls define nothing that encloses."""
    if field_text(node, "target") not in _MODULES:
        return None
    return _first_argument(node)


def _first_argument(call: Node) -> str | None:
    arguments = next((child for child in call.named_children if child.type == "arguments"), None)
    if arguments is None or not arguments.named_children:
        return None
    first = arguments.named_children[0]
    # The head of `def sell(a) when a > 1` is on the left of `when`.
    while first.type == "binary_operator" and (left := first.child_by_field_name("left")) is not None:
        first = left
    return field_text(first, "target") if first.type == "call" else node_text(first)


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Functions and macros, and attributes that hold values."""
    if node.type == "unary_operator":
        operand = node.child_by_field_name("operand")
        name = field_text(operand, "target") if operand is not None and operand.type == "call" else None
        if name and name not in _ABOUT and node_text(node).startswith("@") and operand.named_child_count > 1:  # type: ignore[union-attr]
            yield Declared(name, "constant")
        return
    target = field_text(node, "target")
    if target in _FUNCTIONS or target in _MACROS:
        name = _first_argument(node)
        if name:
            yield Declared(name, "macro" if target in _MACROS else "function")


def _documentation(node: Node) -> Node | None:
    """The text of `@doc` above a function, of `@moduledoc` inside of a module."""
    if node.type != "call":
        return None
    if field_text(node, "target") in _MODULES:
        body = next((child for child in node.named_children if child.type == "do_block"), None)
        inside = body.named_children if body is not None else []
        return next((text for child in inside if (text := _text_of(child, "moduledoc"))), None)
    above = node.prev_named_sibling
    while above is not None and above.type == "unary_operator":
        text = _text_of(above, "doc")
        if text is not None:
            return text
        above = above.prev_named_sibling
    return None


def _text_of(attribute: Node, name: str) -> Node | None:
    operand = attribute.child_by_field_name("operand") if attribute.type == "unary_operator" else None
    if operand is None or field_text(operand, "target") != name or operand.named_child_count < 2:
        return None
    arguments = operand.named_children[1]
    text = arguments.named_children[0] if arguments.named_children else None
    return text if text is not None and text.type == "string" else None


LANGUAGE = Language(
    name="elixir",
    label="Elixir",
    extensions=(".ex", ".exs"),
    grammar=tree_sitter_elixir.language,
    functions=frozenset(),
    classes=frozenset({"call"}),
    declarations=frozenset({"call", "unary_operator"}),
    name_of=_name,
    documentation_of=_documentation,
    declared_by=_declared,
)
