"""C."""

import re
from collections.abc import Iterator

import tree_sitter_c
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text
from codesearch.parsing.languages.c_macros import with_functions, without_conditions, without_macros

MACROS = frozenset({"preproc_def", "preproc_function_def"})
DECLARATIONS = MACROS | {"declaration", "field_declaration", "enumerator"}
_CAPITALS = re.compile(r"[A-Z_][A-Z0-9_]*$")
_WORD = re.compile(r"[A-Za-z_]\w*$")
_WRAPPING = (
    "reference_declarator",
    "parenthesized_declarator",
    "attributed_declarator",
)
_NAMES = ("identifier", "field_identifier", "type_identifier", "qualified_identifier", "destructor_name")


def name_of(node: Node) -> str | None:
    """Name: of a function or type the innermost declarator's, of a structure its own, if it has a body."""
    if node.type in ("function_definition", "type_definition"):
        declarator = node.child_by_field_name("declarator")
        if declarator is None:
            return None
        return _macro_name(node, declarator) or declared_name(declarator)
    if node.child_by_field_name("body") is None:
        return None
    name = node.child_by_field_name("name")
    return plain_name(name) if name is not None else None


def _macro_name(node: Node, declarator: Node) -> str | None:
    """What a macro defines that looks like a function without a type: `A.B` of `TEST(A, B) {}`.

    Of those that are no tests, the first argument is the name: `read` of `SYSCALL_DEFINE3(read, int, fd) {}`.
    """
    if declarator.type != "function_declarator" or node.child_by_field_name("type") is not None:
        return None
    macro = field_text(declarator, "declarator") or ""
    parameters = declarator.child_by_field_name("parameters")
    if parameters is None or not _CAPITALS.match(macro):
        return None
    words = [text for text in map(node_text, parameters.named_children) if _WORD.match(text)]
    return ".".join(words[:2] if "DEFINE" not in macro else words[:1]) or None


def declared_name(declarator: Node) -> str:
    """What a declarator declares: `pick` of `(*pick(int x))(int)`."""
    return plain_name(innermost(declarator))


def innermost(declarator: Node) -> Node:
    """The declarator that is a name and nothing else."""
    while (inner := _inner(declarator)) is not None:
        declarator = inner
    return declarator


def _inner(declarator: Node) -> Node | None:
    """The declarator inside of one; of references and parentheses the grammar has no field for it."""
    if declarator.type == "operator_cast":
        return None
    if declarator.type in _WRAPPING:
        return next((child for child in reversed(declarator.named_children) if child.type != "comment"), None)
    return declarator.child_by_field_name("declarator")


def plain_name(node: Node) -> str:
    """A name without arguments of templates: `hash` of `hash<Key>`, `Map::get` of `Map<K, V>::get`."""
    if node.type == "operator_cast":
        return " ".join(f"operator {field_text(node, 'type')}".split())
    if node.type in ("template_type", "template_function", "template_method"):
        return field_text(node, "name") or ""
    if node.type == "qualified_identifier":
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        parts = [plain_name(part) for part in (scope, name) if part is not None]
        return "::".join(part for part in parts if part)
    return " ".join(node_text(node).split())


def declared_by(node: Node, inside: str) -> Iterator[Declared]:
    """Macros, constants of enums, fields, variables and prototypes."""
    if node.type in MACROS:
        name = field_text(node, "name")
        if name and not _is_include_guard(node, name):
            yield Declared(name, "macro")
    elif node.type == "enumerator":
        yield Declared(field_text(node, "name") or "", "constant")
    else:
        yield from _declarators(node, inside)


def _is_include_guard(node: Node, name: str) -> bool:
    parent = node.parent
    return (
        node.child_by_field_name("value") is None
        and parent is not None
        and parent.type == "preproc_ifdef"
        and field_text(parent, "name") == name
    )


def _declarators(node: Node, inside: str) -> Iterator[Declared]:
    variable = "field" if inside == "class" else "variable"
    for declarator in node.children_by_field_name("declarator"):
        name = innermost(declarator)
        if name.type == "operator_cast" or declares_function(declarator):
            kind = "method" if inside == "class" else "function"
            yield Declared(plain_name(name), kind, is_prototype=True)
        elif name.type in _NAMES:
            yield Declared(plain_name(name), _constant_or(variable, node))


def declares_function(declarator: Node) -> bool:
    """Whether a declarator is a function's, not a pointer's to one."""
    while declarator.type != "function_declarator":
        inner = _inner(declarator)
        if inner is None:
            return False
        declarator = inner
    named = declarator.child_by_field_name("declarator")
    return named is not None and named.type != "parenthesized_declarator"


def _constant_or(kind: str, node: Node) -> str:
    qualifiers = {node_text(child) for child in node.children if child.type == "type_qualifier"}
    return "constant" if "constexpr" in qualifiers else kind


LANGUAGE = Language(
    name="c",
    label="C",
    extensions=(".c", ".h"),
    grammar=tree_sitter_c.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset({"struct_specifier", "union_specifier", "enum_specifier", "type_definition"}),
    declarations=DECLARATIONS,
    unscoped=MACROS,
    imports=frozenset({"preproc_include"}),
    name_of=name_of,
    declared_by=declared_by,
    readable=lambda source: with_functions(without_macros(source)),
    simplified=without_conditions,
)
