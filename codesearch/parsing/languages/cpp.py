"""C++, and which headers are C++."""

import re
from collections.abc import Iterator

import tree_sitter_cpp
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, node_text
from codesearch.parsing.languages import c
from codesearch.parsing.languages.c_macros import without_conditions, without_macros

_FOR_CPP_ONLY = re.compile(
    r"^[ \t]*\#[ \t]*if(?:def[ \t]+__cplusplus|[ \t]+defined[ \t(]*__cplusplus)[^\n]*\n"
    r"(?:(?![ \t]*\#[ \t]*(?:if|else|elif|endif)).*\n)*",
    re.MULTILINE,
)
_SIGNS = re.compile(
    r"^[ \t]*(?:template[ \t]*<|(?:inline[ \t]+)?namespace\b|using[ \t]+\w"
    r"|(?:public|private|protected)[ \t]*:|class[ \t]+\w|constexpr\b|\[\[)|\w::~?\w|\b(?:virtual|operator|static_cast|nullptr|typename)\b",
    re.MULTILINE,
)
_COMMENTS_AND_STRINGS = re.compile(
    r'//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"|^[ \t]*\#[ \t]*(?:include|error|pragma)[^\n]*',
    re.DOTALL | re.MULTILINE,
)


def is_cpp(header: str) -> bool:
    """Whether a header is C++: C has no classes, namespaces, templates nor `::`.

    What stands below `#ifdef __cplusplus`, as in headers for both, says nothing.

    >>> is_cpp("namespace shop {}"), is_cpp("struct box;\\n#ifdef __cplusplus\\nnamespace a {}\\n#endif")
    (True, False)
    """
    return bool(_SIGNS.search(_FOR_CPP_ONLY.sub("", _COMMENTS_AND_STRINGS.sub("", header))))


def _name(node: Node) -> str | None:
    if node.type in ("namespace_definition", "alias_declaration", "concept_definition"):
        name = node.child_by_field_name("name")
        return node_text(name) if name is not None else None
    return c.name_of(node)


def _is_method(node: Node, name: str) -> bool:
    """Outside of a class, a function that is named with one: `Box::get`."""
    return "::" in name.partition("operator")[0]


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    if node.type == "friend_declaration":
        return
    yield from c.declared_by(node, inside)


LANGUAGE = Language(
    name="cpp",
    label="C++",
    extensions=(".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h++", ".c++", ".ipp"),
    grammar=tree_sitter_cpp.language,
    functions=frozenset({"function_definition"}),
    classes=frozenset(
        {
            "class_specifier",
            "struct_specifier",
            "union_specifier",
            "enum_specifier",
            "type_definition",
            "alias_declaration",
            "concept_definition",
        }
    ),
    scopes=frozenset({"namespace_definition"}),
    declarations=c.DECLARATIONS,
    unscoped=c.MACROS,
    wrappers=frozenset({"template_declaration"}),
    imports=frozenset({"preproc_include", "using_declaration"}),
    separator="::",
    name_of=_name,
    is_method=_is_method,
    declared_by=_declared,
    readable=without_macros,
    simplified=without_conditions,
)
