"""JavaScript, with JSX."""

import re
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, field_text, node_text

# A function without a name of its own is named by what it is assigned to.
_NAMING_PARENTS = {
    "variable_declarator": "name",
    "assignment_expression": "left",
    "pair": "key",
    "field_definition": "property",
    "public_field_definition": "name",
    "export_statement": "",
}
FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "function_expression",
        "generator_function",
        "arrow_function",
    }
)
DECLARATIONS = frozenset(
    {"variable_declarator", "field_definition", "expression_statement", "export_statement"}
)
# Values that are definitions themselves and take the name of what they are assigned to.
_DEFINED = FUNCTIONS | {"class"}
# What is called with a component, a store or a handler and gives one: React, Vue, Pinia, Redux, MobX.
_MAKERS = re.compile(
    r"(?:memo|forwardRef|lazy|observer|styled|define[A-Z]\w*|create(?:Slice|AsyncThunk|Selector|Store|Api)"
    r"|with[A-Z]\w*|debounce|throttle|asyncHandler)$"
)
_MOST_PROPERTIES = 50
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "all", "use"})
# They ask for an address instead of answering at one.
_ASKING = frozenset({"axios", "$", "jQuery", "http", "https", "fetch", "nock", "cy", "request"})
_HANDLERS = FUNCTIONS | {"identifier", "member_expression", "call_expression", "array"}


def name_of(node: Node) -> str | None:
    """Name a definition is known by, also `app.use` of `app.use = function () {}`."""
    parent = node.parent
    if parent is not None and parent.type in _NAMING_PARENTS:
        field = _NAMING_PARENTS[parent.type]
        if not field:
            return field_text(node, "name") or "default"
        name = field_text(parent, field)
        return name.strip("\"'") if name and len(name) <= 200 and "\n" not in name else None
    if (
        parent is not None
        and parent.type == "arguments"
        and parent.parent is not None
        and _is_made(parent.parent)
    ):
        return None
    return field_text(node, "name")


def declared_by(node: Node, inside: str) -> Iterator[Declared]:
    """Variables, fields, components and stores, exported values, and what answers at an address."""
    if node.type == "variable_declarator":
        yield from _variable(node)
    elif node.type in ("field_definition", "public_field_definition"):
        value = node.child_by_field_name("value")
        name = field_text(node, "property") or field_text(node, "name")
        if name and (value is None or value.type not in _DEFINED):
            yield Declared(name.strip("\"'"), "field")
    elif node.type == "export_statement":
        value = node.child_by_field_name("value")
        if value is not None and _is_made(value):
            yield Declared(_own_name(value) or "default", "function")
    elif node.named_children and node.type == "expression_statement":
        yield from _statement(node.named_children[0])


def _variable(node: Node) -> Iterator[Declared]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "identifier" or (value is not None and value.type in _DEFINED):
        return
    if value is not None and _is_made(value):
        yield Declared(node_text(name), "function")
    else:
        is_constant = node.parent is not None and field_text(node.parent, "kind") == "const"
        yield Declared(node_text(name), "constant" if is_constant else "variable")
        if value is not None and value.type == "object":
            yield from _properties(node_text(name), value)


def _properties(owner: str, value: Node) -> Iterator[Declared]:
    """What an object is made of, unless it is a table."""
    pairs = [child for child in value.named_children if child.type == "pair"]
    for pair in pairs if len(pairs) <= _MOST_PROPERTIES else ():
        key, of_pair = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and key.type == "property_identifier" and of_pair is not None:
            if of_pair.type not in _DEFINED:
                yield Declared(f"{owner}.{node_text(key)}", "property", node=pair)


def _own_name(made: Node) -> str | None:
    """The name that a component has itself: `Button` of `memo(forwardRef(function Button() {}))`."""
    arguments = made.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if first is None or first.type == "call_expression":
        return _own_name(first) if first is not None else None
    return field_text(first, "name") if first.type in FUNCTIONS else None


def _is_made(value: Node) -> bool:
    """Whether a value is a component or the like: `memo(function () {})`, `` styled.a`…` ``."""
    while (
        value.type in ("await_expression", "as_expression", "satisfies_expression") and value.named_children
    ):
        value = value.named_children[0]
    callee = value.child_by_field_name("function") if value.type == "call_expression" else None
    while callee is not None and callee.type == "call_expression":
        callee = callee.child_by_field_name("function")
    if callee is None:
        return False
    if callee.type == "member_expression":
        last = field_text(callee, "property") or ""
        first = (field_text(callee, "object") or "").split(".")[0].split("(")[0]
        return first == "styled" or bool(_MAKERS.match(last))
    return callee.type == "identifier" and bool(_MAKERS.match(node_text(callee)))


def _statement(expression: Node) -> Iterator[Declared]:
    if expression.type == "assignment_expression":
        left, right = expression.child_by_field_name("left"), expression.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression" or right.type in _DEFINED:
            return
        name = node_text(left)
        if len(name) <= 100 and not re.search(r"[\s()\[\]]|^this\.|^module\.exports$", name):
            yield Declared(name, "function" if _is_made(right) else "property")
    elif expression.type == "call_expression":
        address = _address(expression)
        if address:
            yield Declared(address, "function")


def _address(call: Node) -> str | None:
    """`GET /x` of `app.get("/x", …)`, None for another call."""
    callee, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if callee is None or arguments is None or callee.type != "member_expression":
        return None
    verb, given = field_text(callee, "property") or "", arguments.named_children
    if verb not in _VERBS or field_text(callee, "object") in _ASKING:
        return None
    if len(given) < 2 or given[0].type != "string" or given[-1].type not in _HANDLERS:
        return None
    path = node_text(given[0]).strip("\"'")
    if not path.startswith("/"):
        return None
    return f"{verb.upper()} {path}"


LANGUAGE = Language(
    name="javascript",
    label="JavaScript",
    extensions=(".js", ".mjs", ".cjs", ".jsx"),
    grammar=tree_sitter_javascript.language,
    functions=FUNCTIONS,
    classes=frozenset({"class_declaration", "class"}),
    declarations=DECLARATIONS,
    wrappers=frozenset(
        {
            "export_statement",
            "lexical_declaration",
            "variable_declaration",
            "variable_declarator",
            "expression_statement",
            "assignment_expression",
        }
    ),
    imports=frozenset({"import_statement"}),
    name_of=name_of,
    declared_by=declared_by,
)
