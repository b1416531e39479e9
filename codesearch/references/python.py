"""The facts of Python."""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from tree_sitter import Node

from codesearch.references.facts import Facts, Kind, Op, Role
from codesearch.references.scopes import MOST_DEPTH, NONE, Builder, Scope

_DOTTED = re.compile(r"^[rbuRBU]*[\"']\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*[\"']$")
_WRAPPERS = frozenset(
    (
        "Optional",
        "ClassVar",
        "Final",
        "Annotated",
        "Required",
        "NotRequired",
        "Awaitable",
        "Coroutine",
        "Self",
    )
)
_SEVERAL_TYPES = frozenset(("union_type", "binary_operator", "list", "tuple", "type_parameter"))
_CLASSES = frozenset(("Type", "type"))
_PROPERTIES = frozenset(("property", "cached_property", "classproperty", "abstractproperty"))
_PATTERNS = frozenset(
    ("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "parenthesized_expression")
)


def python_facts(root: Node, source: bytes) -> Facts:
    """The facts of a file of Python."""
    walk = _Python("python", source)
    walk.inside(root, walk.top, 0)
    return walk.finished()


class _Python(Builder):
    def visit(self, node: Node, scope: Scope, depth: int) -> int:
        """Take in a node; the expression that it is, or NONE."""
        if depth > MOST_DEPTH:
            return NONE
        handle = self.HANDLERS.get(node.type)
        if handle is not None:
            return handle(self, node, scope, depth + 1)
        self.inside(node, scope, depth + 1)
        return NONE

    def inside(self, node: Node, scope: Scope, depth: int) -> None:
        """Take in what a node holds."""
        for child in node.named_children:
            self.visit(child, scope, depth)

    def field(self, node: Node, name: str, scope: Scope, depth: int) -> int:
        """Take in a field of a node."""
        child = node.child_by_field_name(name)
        return self.visit(child, scope, depth) if child is not None else NONE

    def _identifier(self, node: Node, scope: Scope, depth: int) -> int:
        return self.named(scope, node)

    def _attribute(self, node: Node, scope: Scope, depth: int, role: Role = Role.USE) -> int:
        name = node.child_by_field_name("attribute")
        value = self.field(node, "object", scope, depth)
        if name is None or value == NONE:
            # What the value is stays unknown; the name may still be a guess.
            value = self.express(Op.EITHER)
        if name is None:
            return NONE
        member = self.express(Op.MEMBER, value, self.text(name))
        self.refer(scope, name, member, role)
        return member

    def _referred(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        """A name or path of names that is called, inherited from or used as a type."""
        if node.type == "identifier":
            return self.named(scope, node, role)
        if node.type == "attribute":
            return self._attribute(node, scope, depth, role)
        return self.visit(node, scope, depth)

    def _call(self, node: Node, scope: Scope, depth: int) -> int:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None:
            return NONE
        callee = self._referred(function, scope, depth, Role.CALL)
        called = self.text(function) if function.type == "identifier" else ""
        given = []
        for argument in arguments.named_children if arguments is not None else ():
            if argument.type == "keyword_argument":
                name = argument.child_by_field_name("name")
                self.field(argument, "value", scope, depth)
                if name is not None:
                    self.refer(scope, name, self.express(Op.KEYWORD, callee, self.text(name)), Role.USE)
            else:
                given.append(self.visit(argument, scope, depth))
        owner = scope.enclosing("class")
        if called == "super" and owner is not None:
            return self.express(Op.SUPER, owner.owner)
        if called == "cast" and len(given) == 2:
            return self.express(Op.INSTANCE, given[0])
        if called in ("list", "tuple", "set", "sorted", "reversed", "iter", "frozenset") and given:
            return given[0]
        if called == "next" and given:
            return self.express(Op.ELEMENT, given[0])
        if called == "isinstance" and len(given) == 2 and arguments is not None:
            self._narrow(arguments.named_children[0], given[1], scope)
        return self.express(Op.CALLED, callee)

    def _narrow(self, node: Node, types: int, scope: Scope) -> None:
        """A name that is asked for its type may be of that type."""
        if node.type != "identifier" or types == NONE:
            return
        for number in scope.names.get(self.text(node), ())[-1:]:
            self.facts.definitions[number].values.append(self.express(Op.INSTANCE, types))

    def _subscript(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.field(node, "value", scope, depth)
        for child in node.children_by_field_name("subscript"):
            self.visit(child, scope, depth)
        return self.express(Op.ELEMENT, value)

    def _type(self, node: Node, scope: Scope, depth: int) -> int:
        """The expression of a type that is written as an annotation."""
        kind = node.type if depth <= MOST_DEPTH else ""
        if kind in ("type", "parenthesized_expression") and node.named_child_count:
            return self._type(node.named_children[0], scope, depth + 1)
        if kind in ("identifier", "attribute"):
            return self._referred(node, scope, depth, Role.TYPE)
        if kind in ("generic_type", "subscript"):
            return self._generic(node, scope, depth + 1)
        if kind in _SEVERAL_TYPES:
            return self.either([self._type(child, scope, depth + 1) for child in node.named_children])
        if kind == "string":
            return self._written_type(node, scope)
        if kind:
            self.inside(node, scope, depth + 1)
        return NONE

    def _generic(self, node: Node, scope: Scope, depth: int) -> int:
        base, *parameters = node.named_children
        outer = self._referred(base, scope, depth, Role.TYPE)
        if len(parameters) == 1 and parameters[0].type == "type_parameter":
            parameters = parameters[0].named_children
        inner = [self._type(child, scope, depth) for child in parameters]
        name = self.text(base).rpartition(".")[2]
        if name in ("Optional", "Union") or name in _WRAPPERS:
            return self.either(inner[:1] if name == "Annotated" else inner)
        if name in _CLASSES:
            return self.express(Op.TYPE, inner[0]) if inner else NONE
        if name == "Literal":
            return NONE
        instances = [self.express(Op.INSTANCE, part) for part in inner[-1:]]
        return self.either([outer, self.express(Op.LIST, *instances)])

    def _written_type(self, node: Node, scope: Scope) -> int:
        match = _DOTTED.match(self.text(node))
        if match is None or "." in match[1]:
            return NONE
        content = next((child for child in node.named_children if child.type == "string_content"), node)
        return self.named(scope, content, Role.TYPE, match[1])

    def _instance(self, node: Node | None, scope: Scope, depth: int) -> int:
        return self.express(Op.INSTANCE, self._type(node, scope, depth)) if node is not None else NONE

    def _import(self, node: Node, scope: Scope, depth: int) -> int:
        for child in node.named_children:
            alias = child.child_by_field_name("alias")
            name = child.child_by_field_name("name") if alias is not None else child
            if name is None or name.type != "dotted_name":
                continue
            parts = name.named_children
            self._refer_modules(parts, "", scope)
            if alias is not None:
                self.define(scope, alias, Kind.IMPORT, (), [self.text(name), ""])
            else:
                self.define(scope, parts[0], Kind.IMPORT, (), [self.text(parts[0]), ""])
        return NONE

    def _refer_modules(self, parts: Sequence[Node], dots: str, scope: Scope) -> None:
        for number, part in enumerate(parts, 1):
            path = dots + ".".join(self.text(part) for part in parts[:number])
            self.refer(scope, part, self.express(Op.PATH, path), Role.IMPORT)

    def _import_from(self, node: Node, scope: Scope, depth: int) -> int:
        module = node.child_by_field_name("module_name")
        if module is None:
            return NONE
        dotted = next((part for part in (module, *module.named_children) if part.type == "dotted_name"), None)
        path = self.text(module).replace(" ", "")
        dots = path[: len(path) - len(path.lstrip("."))]
        if dotted is not None:
            self._refer_modules(dotted.named_children, dots, scope)
        for child in node.named_children[1:]:
            if child.type == "wildcard_import":
                self.define(scope, child, Kind.IMPORT, (), [path, "*"])
                continue
            alias = child.child_by_field_name("alias")
            name = child.child_by_field_name("name") if alias is not None else child
            if name is None or name.type != "dotted_name":
                continue
            number = self.define(scope, alias or name, Kind.IMPORT, (), [path, self.text(name)])
            imported = self.express(Op.DEFINED, number)
            self.refer(scope, name, imported, Role.IMPORT)
            if alias is not None:
                self.refer(scope, alias, imported, Role.IMPORT)
        return NONE

    def _class(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        if name is None:
            return NONE
        bases, first = [], len(self.facts.occurrences)
        superclasses = node.child_by_field_name("superclasses")
        for base in superclasses.named_children if superclasses is not None else ():
            if base.type == "subscript":
                value = base.child_by_field_name("value")
                bases.append(self._referred(value, scope, depth, Role.INHERIT) if value is not None else NONE)
                for child in base.children_by_field_name("subscript"):
                    self._type(child, scope, depth)
            elif base.type != "keyword_argument":
                bases.append(self._referred(base, scope, depth, Role.INHERIT))
            else:
                self.field(base, "value", scope, depth)
        number = self.define(scope, name, Kind.CLASS, bases)
        self.claim(first, number)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body, Scope(scope, number, "class", seen_from_inside=False), depth)
        return NONE

    def _decorated(self, node: Node, scope: Scope, depth: int) -> int:
        marks = []
        for child in node.named_children:
            if child.type == "decorator" and child.named_child_count:
                expression = child.named_children[0]
                self._referred(expression, scope, depth, Role.CALL)
                marks.append(self.text(expression).partition("(")[0].rpartition(".")[2])
        definition = node.child_by_field_name("definition")
        if definition is None:
            return NONE
        if definition.type == "function_definition":
            return self._function(definition, scope, depth, marks)
        return self.visit(definition, scope, depth)

    def _function(self, node: Node, scope: Scope, depth: int, marks: Sequence[str] = ()) -> int:
        name = node.child_by_field_name("name")
        if name is None:
            return NONE
        kept = [mark for mark in marks if mark in _PROPERTIES or mark == "contextmanager"]
        number = self.define(scope, name, Kind.FUNCTION, (), kept or None)
        values = self.facts.definitions[number].values
        inner = Scope(scope, number, "function")
        self._parameters(node, inner, depth, marks)
        returned = node.child_by_field_name("return_type")
        if returned is not None:
            self._returned_type(returned, scope, inner, depth, values)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body, inner, depth)
        return NONE

    def _returned_type(self, node: Node, scope: Scope, inner: Scope, depth: int, values: list[int]) -> None:
        owner = scope.enclosing("class")
        if self.text(node) == "Self" and owner is not None:
            self._type(node, inner, depth)
            values.append(self.express(Op.SELF, owner.owner))
        else:
            value = self._instance(node, scope, depth)
            values.extend([value] if value != NONE else [])

    def _parameters(self, node: Node, scope: Scope, depth: int, marks: Sequence[str]) -> None:
        parameters = node.child_by_field_name("parameters")
        outer = scope.outer
        is_method = outer is not None and outer.kind == "class" and "staticmethod" not in marks
        for position, child in enumerate(parameters.named_children if parameters is not None else ()):
            values = [self._instance(child.child_by_field_name("type"), outer or scope, depth)]
            default = child.child_by_field_name("value")
            if default is not None:
                values.append(self.visit(default, outer or scope, depth))
            name = child.child_by_field_name("name") or _first_identifier(child)
            if name is None:
                continue
            if position == 0 and is_method and outer is not None:
                of_class = "classmethod" in marks or self.text(name) in ("cls", "mcs", "klass")
                values.insert(0, self.express(Op.CLASS if of_class else Op.SELF, outer.owner))
            if child.type.startswith("list_splat") or self.text(child).startswith("*"):
                values = [self.express(Op.LIST, *(value for value in values if value != NONE))]
            self.define(scope, name, Kind.PARAMETER, values)

    def _lambda(self, node: Node, scope: Scope, depth: int) -> int:
        inner = Scope(scope, scope.owner, "function")
        self._parameters(node, inner, depth, ("staticmethod",))
        self.field(node, "body", inner, depth)
        return NONE

    def _assignment(self, node: Node, scope: Scope, depth: int) -> int:
        left = node.child_by_field_name("left")
        declared = self._instance(node.child_by_field_name("type"), scope, depth)
        value = self.field(node, "right", scope, depth)
        if left is not None:
            self._bind(left, declared if declared != NONE else value, scope, depth)
        return value

    def _bind(self, node: Node, value: int, scope: Scope, depth: int) -> None:
        """Let a target hold a value."""
        if depth > MOST_DEPTH:
            return
        if node.type == "identifier":
            self.define(scope, node, Kind.VARIABLE, (value,))
        elif node.type in _PATTERNS:
            for child in node.named_children:
                self._bind(child, self.express(Op.ELEMENT, value), scope, depth + 1)
        elif node.type in ("list_splat_pattern", "as_pattern_target"):
            for child in node.named_children:
                self._bind(child, value, scope, depth + 1)
        elif node.type == "attribute":
            self._bind_attribute(node, value, scope, depth)
        else:
            self.visit(node, scope, depth)

    def _bind_attribute(self, node: Node, value: int, scope: Scope, depth: int) -> None:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        method = scope.enclosing("function")
        while method is not None and method.outer is not None and method.outer.kind != "class":
            method = method.outer.enclosing("function")
        if (
            owner is None
            or name is None
            or owner.type != "identifier"
            or method is None
            or method.outer is None
        ):
            self.visit(node, scope, depth)
            return
        first = next(iter(method.names), "")
        if self.text(owner) == first and first in ("self", "cls"):
            self.named(scope, owner)
            self.add(method.outer.owner, name, Kind.VARIABLE, (value,))
        else:
            self.visit(node, scope, depth)

    def _for(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.express(Op.ELEMENT, self.field(node, "right", scope, depth))
        left = node.child_by_field_name("left")
        if left is not None:
            self._bind(left, value, scope, depth)
        self.field(node, "body", scope, depth)
        self.field(node, "alternative", scope, depth)
        return NONE

    def _comprehension(self, node: Node, scope: Scope, depth: int) -> int:
        inner = Scope(scope, scope.owner, "", seen_from_inside=True)
        body = node.child_by_field_name("body")
        for child in node.named_children:
            if body is None or child.id != body.id:
                self.visit(child, inner, depth)
        value = self.visit(body, inner, depth) if body is not None else NONE
        return self.express(Op.LIST, value) if value != NONE else NONE

    def _as_pattern(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.visit(node.named_children[0], scope, depth) if node.named_child_count else NONE
        alias = node.child_by_field_name("alias")
        if alias is not None:
            parent = node.parent
            caught = parent is not None and parent.type.startswith("except")
            self._bind(alias, self.express(Op.INSTANCE if caught else Op.ENTERED, value), scope, depth)
        return value

    def _named_expression(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.field(node, "value", scope, depth)
        name = node.child_by_field_name("name")
        if name is not None:
            target = scope
            while target.kind == "" and target.outer is not None:
                target = target.outer
            self.define(target, name, Kind.VARIABLE, (value,))
        return value

    def _return(self, node: Node, scope: Scope, depth: int) -> int:
        for child in node.named_children:
            value = self.visit(child, scope, depth)
            function = scope.enclosing("function")
            if value != NONE and function is not None and function.owner >= 0:
                definition = self.facts.definitions[function.owner]
                if definition.kind == Kind.FUNCTION and len(definition.values) < 6:
                    given = value if node.type == "return_statement" else self.express(Op.LIST, value)
                    definition.values.append(given)
        return NONE

    def _global(self, node: Node, scope: Scope, depth: int) -> int:
        for child in node.named_children:
            name = self.text(child)
            target = self.top if node.type == "global_statement" else scope.outer
            while target is not None and node.type != "global_statement" and name not in target.names:
                target = target.outer
            if target is not None:
                scope.elsewhere[name] = target
            self.named(scope, child)
        return NONE

    def _either(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        if node.type == "conditional_expression" and len(values) == 3:
            del values[1]
        return self.either(values)

    def _list(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        known = [value for value in dict.fromkeys(values) if value != NONE][:8]
        return self.express(Op.LIST, *known) if known else NONE

    def _pair(self, node: Node, scope: Scope, depth: int) -> int:
        self.field(node, "key", scope, depth)
        return self.field(node, "value", scope, depth)

    def _single(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        return values[0] if len(values) == 1 else NONE

    def _annotation(self, node: Node, scope: Scope, depth: int) -> int:
        return self._type(node, scope, depth)

    HANDLERS: ClassVar[dict[str, Callable[["_Python", Node, Scope, int], int]]] = {
        "identifier": _identifier,
        "attribute": _attribute,
        "call": _call,
        "subscript": _subscript,
        "type": _annotation,
        "import_statement": _import,
        "import_from_statement": _import_from,
        "class_definition": _class,
        "decorated_definition": _decorated,
        "function_definition": _function,
        "lambda": _lambda,
        "assignment": _assignment,
        "for_statement": _for,
        "for_in_clause": _for,
        "list_comprehension": _comprehension,
        "set_comprehension": _comprehension,
        "generator_expression": _comprehension,
        "dictionary_comprehension": _comprehension,
        "as_pattern": _as_pattern,
        "named_expression": _named_expression,
        "return_statement": _return,
        "yield": _return,
        "global_statement": _global,
        "nonlocal_statement": _global,
        "conditional_expression": _either,
        "boolean_operator": _either,
        "list": _list,
        "tuple": _list,
        "set": _list,
        "dictionary": _list,
        "expression_list": _list,
        "pair": _pair,
        "parenthesized_expression": _single,
        "await": _single,
        "expression_statement": _single,
    }


def _first_identifier(node: Node) -> Node | None:
    if node.type == "identifier":
        return node
    for child in node.named_children:
        if child.type != "type" and (found := _first_identifier(child)) is not None:
            return found
    return None
