"""Syntax tree → units: one pass with a cursor, no recursion, so depth of nesting does not matter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tree_sitter import Node, Tree

from codesearch.parsing.base import DECLARATION_KINDS, CodeUnit, Language, join_source, node_text

# A function inside a function is a unit of its own only if it is long enough to be looked for.
_NESTED_LINES = 6
# A constant, variable, field, property or macro is encoded by itself if it is as long as this.
_ENCODED_LINES = 6
_SIGNATURE_CHARACTERS = 1000
_NAME_CHARACTERS = 200
_COMMENT_MARKS = re.compile(r"^\s*(?:/\*+!?|\*+/|\*(?!/)|//[/!]*|#+[!:]?|--+)\s?|\s*\*+/\s*$")
# What leads over to the body; the angle bracket of `class Box<T>` belongs to the signature.
_SIGNATURE_END = re.compile(r"(?:\s|[{:]|=>?)+$")
_OPERATOR = re.compile(r"\boperator\b")
_STRING_MARKS = re.compile(r"^[rRuUbBfF]*(?:\"\"\"|'''|\"|')|(?:\"\"\"|'''|\"|')$")


@dataclass
class Definition:
    """A definition found in the tree.

    `outer` is the node with its decorators; `children` are the units inside. `is_prototype`: what it defines
    has its body elsewhere.
    """

    node: Node
    outer: Node
    kind: str
    name: str
    qualified_name: str
    comments: list[Node]
    is_prototype: bool = False
    children: list["Definition"] = field(default_factory=list)


@dataclass
class _Scope:
    """An enclosing definition while its inside is walked."""

    depth: int
    kind: str
    node_type: str
    path: str
    definition: Definition | None
    is_local: bool = False
    """Whether what is declared in it is nobody's business outside."""


def find_definitions(tree: Tree, language: Language) -> list[Definition]:
    """Definitions of a file in the order of the source, outer before inner."""
    finder = _Finder(language)
    for node, depth in _walk(tree):
        finder.enter(node, depth)
    return finder.definitions


class _Finder:
    """Finds definitions while a tree is walked, and knows what encloses them."""

    def __init__(self, language: Language) -> None:
        self.definitions: list[Definition] = []
        self._language = language
        self._scopes: list[_Scope] = []
        self._wrappers: list[tuple[int, Node]] = []
        self._namespaces: set[str] = set()

    def enter(self, node: Node, depth: int) -> None:
        """Take what a node defines, coming to it from its parent or the sibling before it."""
        while self._scopes and self._scopes[-1].depth >= depth:
            self._scopes.pop()
        while self._wrappers and self._wrappers[-1][0] >= depth:
            self._wrappers.pop()
        kind = self._language.definitions.get(node.type) if node.is_named else None
        opened = kind is not None and kind != "declaration" and self._open(node, depth, kind)
        if not opened and kind is not None and node.type in self._language.declarations:
            self._declare(node, depth)
        if node.type in self._language.wrappers:
            self._wrappers.append((depth, node))

    def _open(self, node: Node, depth: int, kind: str) -> bool:
        """Go into a function, class or namespace; False where the node defines nothing of its own."""
        name = self._language.name_of(node)
        if name:
            name = " ".join(name.split())[:_NAME_CHARACTERS]
            definition = self._defined(node, depth, kind, name)
            if definition is not None:
                self.definitions.append(definition)
                owner = next((scope.definition for scope in reversed(self._scopes) if scope.definition), None)
                if owner is not None:
                    owner.children.append(definition)
            scope = _Scope(depth, kind, node.type, self._path(name), definition, is_local=kind == "function")
            self._scopes.append(scope)
        elif kind == "function":
            # Names inside of a function without a name are those of what is around it, variables are not.
            around = self._scopes[-1] if self._scopes else _Scope(depth, "", "", "", None)
            self._scopes.append(replace(around, depth=depth, definition=None, is_local=True))
        return bool(name)

    def _defined(self, node: Node, depth: int, kind: str, name: str) -> Definition | None:
        if kind == "scope":
            self._namespaces.add(last_part(name))
            return None
        if kind == "function":
            in_function = any(scope.kind == "function" for scope in self._scopes)
            if in_function and node.end_point.row - node.start_point.row + 1 < _NESTED_LINES:
                return None
            kind = "method" if self._is_method(node, name) else "function"
        outer = self._outermost(node, depth)
        comments = _comments_before(outer, self._language)
        return Definition(node, outer, kind, name, self._path(name), comments)

    def _is_method(self, node: Node, name: str) -> bool:
        """Classes enclose methods, namespaces and modules functions; of the scopes, only Rust's impl does."""
        around = self._scopes[-1] if self._scopes else None
        if around is not None and (around.kind == "class" or around.node_type == "impl_item"):
            return True
        if not self._language.is_method(node, name):
            return False
        owner = name.removesuffix(last_part(name)).rstrip(".:")
        return last_part(owner) not in self._namespaces

    def _declare(self, node: Node, depth: int) -> None:
        """Take what a declaration declares, unless it is local to a function."""
        is_unscoped = node.type in self._language.unscoped
        if not is_unscoped and any(scope.is_local for scope in self._scopes):
            return
        declared = list(self._language.declared_by(node, self._scopes[-1].kind if self._scopes else ""))
        if not declared:
            return
        whole = self._outermost(node, depth)
        comments = _comments_before(whole, self._language)
        for written, kind, is_prototype, part in declared:
            name = " ".join(written.split())[:_NAME_CHARACTERS]
            if name:
                own = comments if part is None else _comments_before(part, self._language)
                self.definitions.append(
                    Definition(
                        part or node,
                        part or whole,
                        kind,
                        name,
                        name if is_unscoped else self._path(name),
                        own,
                        is_prototype=is_prototype,
                    )
                )

    def _path(self, name: str) -> str:
        path = self._scopes[-1].path if self._scopes else ""
        return f"{path}{self._language.separator}{name}" if path else name

    def _outermost(self, node: Node, depth: int) -> Node:
        """Chain of wrappers that leads straight down to the node, or the node itself.

        A wrapper with several definitions in it (`var a = function () {}, b = …`) belongs to none of them.
        """
        outer, expected = node, depth - 1
        for wrapper_depth, wrapper in reversed(self._wrappers):
            if wrapper_depth != expected:
                break
            siblings = [child for child in wrapper.named_children if child.type == outer.type]
            if len(siblings) > 1:
                break
            outer, expected = wrapper, wrapper_depth - 1
        return outer


def unit_of(definition: Definition, source: bytes, language: Language) -> CodeUnit:
    """Unit of a definition.

    A class keeps its methods' signatures; their bodies are units of their own.
    """
    inside = language.documentation_of(definition.node)
    documentation = (
        clean_string(node_text(inside)) if inside is not None else clean_comments(definition.comments)
    )
    code, segments = join_source(source, _spans(definition), b"...")
    return CodeUnit(
        kind=definition.kind,
        name=last_part(definition.name),
        qualified_name=definition.qualified_name[:500],
        signature=_signature(definition, source),
        documentation=documentation,
        code=code,
        start_line=definition.outer.start_point.row + 1,
        end_line=_last_row(definition.outer) + 1,
        tree=definition.outer,
        segments=segments,
        encoded=_is_encoded(definition, bool(documentation)),
    )


def _last_row(node: Node) -> int:
    """The row of a node's last character, which may be the line break of the row before its end."""
    end = node.end_point
    return end.row - 1 if end.column == 0 and end.row > node.start_point.row else end.row


def _is_encoded(definition: Definition, is_documented: bool) -> bool:
    """Whether a definition says enough to be found by meaning: not in a line or few without a body."""
    if definition.is_prototype:
        return is_documented
    lines = _last_row(definition.outer) - definition.outer.start_point.row + 1
    return definition.kind not in DECLARATION_KINDS or lines >= _ENCODED_LINES


def last_part(name: str) -> str:
    """The name without what it is inside of.

    >>> last_part("shop::Box::get"), last_part("app.use"), last_part("Box::operator std::string")
    ('get', 'use', 'operator std::string')
    >>> last_part("GET /prices.json")
    'GET /prices.json'
    """
    operator = _OPERATOR.search(name)
    if operator:
        return name[operator.start() :]
    # What else has a blank in it is a sentence or an address, not a path of names.
    return name if " " in name else re.split(r"\.|::", name)[-1]


def clean_comments(comments: list[Node]) -> str:
    """Words of comments, without their marks."""
    lines = [
        _COMMENT_MARKS.sub("", line).rstrip()
        for comment in comments
        for line in node_text(comment).splitlines()
    ]
    return "\n".join(lines).strip()


def clean_string(literal: str) -> str:
    """Content of a documentation string, its common indentation removed."""
    body = _STRING_MARKS.sub("", literal.strip())
    return "\n".join(line.strip() for line in body.strip().splitlines())


def _walk(tree: Tree) -> Iterator[tuple[Node, int]]:
    """The nodes with their depth, parents first."""
    cursor = tree.walk()
    depth = 0
    while True:
        node = cursor.node
        if node is not None:
            yield node, depth
        if cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def _comments_before(node: Node, language: Language) -> list[Node]:
    """Comments that stand directly above a definition, attributes and annotations between them allowed."""
    comments: list[Node] = []
    row = node.start_point.row
    # Some grammars put the first definition of a body into a node of its own, and its comment before that.
    while (
        node.prev_named_sibling is None
        and node.parent is not None
        and node.parent.start_byte == node.start_byte
    ):
        node = node.parent
    sibling = node.prev_named_sibling
    while sibling is not None and sibling.end_point.row >= row - 1:
        if sibling.type in language.comments:
            if (
                sibling.prev_named_sibling is not None
                and sibling.prev_named_sibling.end_point.row == sibling.start_point.row
            ):
                break
            comments.append(sibling)
        elif sibling.type != "attribute_item":
            break
        row = sibling.start_point.row
        sibling = sibling.prev_named_sibling
    return comments[::-1]


def _body(definition: Definition) -> Node | None:
    node = definition.node
    return node.child_by_field_name("body") or (
        node.child_by_field_name("value") if node.type == "variable_declarator" else None
    )


def _signature(definition: Definition, source: bytes) -> str:
    body = _body(definition)
    start = definition.node.start_byte
    if definition.outer is not definition.node and definition.outer.type != "decorated_definition":
        start = definition.outer.start_byte
    end = body.start_byte if body is not None and body.start_byte > start else definition.node.end_byte
    if definition.kind in DECLARATION_KINDS:
        # Of a table over many lines, the first says what it is.
        line_end = source.find(b"\n", definition.node.start_byte, definition.node.end_byte)
        end = line_end if line_end >= 0 else definition.node.end_byte
    text = " ".join(
        source[start : min(end, start + 4 * _SIGNATURE_CHARACTERS)].decode("utf-8", errors="replace").split()
    )
    return _SIGNATURE_END.sub("", text)[:_SIGNATURE_CHARACTERS]


def _spans(definition: Definition) -> list[tuple[int, int]]:
    """Byte ranges of the file that make up the unit's code."""
    outer = definition.outer
    if definition.kind != "class":
        return [(outer.start_byte, outer.end_byte)]
    spans: list[tuple[int, int]] = []
    position = outer.start_byte
    for child in definition.children:
        body = _body(child) if child.kind == "method" else None
        if body is not None and body.start_byte >= position:
            spans.append((position, body.start_byte))
            position = body.end_byte
    return [*spans, (position, outer.end_byte)]
