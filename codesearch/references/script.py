"""The facts of JavaScript and TypeScript."""

from collections.abc import Callable
from typing import ClassVar

from tree_sitter import Node

from codesearch.references.facts import MODULE, Facts, Kind, Op, Role
from codesearch.references.scopes import MOST_DEPTH, NONE, Scope
from codesearch.references.script_types import ScriptTypes

_OVER_ELEMENTS = frozenset(
    ("map", "filter", "forEach", "find", "some", "every", "findIndex", "flatMap", "findLast")
)
_SAME_ELEMENTS = frozenset(("filter", "slice", "concat", "reverse", "sort", "values"))
_ONE_ELEMENT = frozenset(("find", "pop", "shift", "at", "get", "findLast"))
_FUNCTIONS = frozenset(("arrow_function", "function_expression", "generator_function"))
_MEMBERS = frozenset(
    ("property_signature", "method_signature", "abstract_method_signature", "public_field_definition",
     "field_definition", "method_definition")
)  # fmt: skip
_MODIFIERS = frozenset(("accessibility_modifier", "readonly", "override_modifier"))


def script_facts(language: str, root: Node, source: bytes) -> Facts:
    """The facts of a file of JavaScript or TypeScript."""
    walk = _Script(language, source)
    walk.block(root, walk.top, 0)
    return walk.finished()


class _Script(ScriptTypes):
    positional = False

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

    def block(self, node: Node, scope: Scope, depth: int) -> int:
        """Take in a block, which is a scope of its own."""
        self.inside(node, scope if scope is self.top and depth == 0 else Scope(scope, scope.owner), depth + 1)
        return NONE

    def _identifier(self, node: Node, scope: Scope, depth: int) -> int:
        return NONE if self.text(node) == "undefined" else self.named(scope, node)

    def _this(self, node: Node, scope: Scope, depth: int) -> int:
        owner = scope.enclosing("class")
        return self.express(Op.SELF, owner.owner) if owner is not None else NONE

    def _super(self, node: Node, scope: Scope, depth: int) -> int:
        owner = scope.enclosing("class")
        return self.express(Op.SUPER, owner.owner) if owner is not None else NONE

    def _member(self, node: Node, scope: Scope, depth: int, role: Role = Role.USE) -> int:
        name = node.child_by_field_name("property")
        value = self.field(node, "object", scope, depth)
        if name is None:
            return NONE
        member = self.express(Op.MEMBER, value if value != NONE else self.express(Op.EITHER), self.text(name))
        self.refer(scope, name, member, role)
        return member

    def _referred(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        if node.type in ("identifier", "type_identifier", "jsx_identifier"):
            return self.named(scope, node, role)
        if node.type == "member_expression":
            return self._member(node, scope, depth, role)
        if node.type in ("nested_identifier", "nested_type_identifier"):
            return self._qualified(node, scope, depth, role)
        return self.visit(node, scope, depth)

    def _qualified(self, node: Node, scope: Scope, depth: int, role: Role = Role.TYPE) -> int:
        parts = node.named_children
        if len(parts) != 2:
            return NONE
        outer = self._referred(parts[0], scope, depth, Role.USE)
        member = self.express(Op.MEMBER, outer, self.text(parts[1]))
        self.refer(scope, parts[1], member, role)
        return member

    def _call(self, node: Node, scope: Scope, depth: int) -> int:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if function is None:
            return NONE
        callee = self._referred(function, scope, depth, Role.CALL)
        types = node.child_by_field_name("type_arguments")
        if types is not None:
            self._types(types, scope, depth)
        receiver, method = self._receiver(function, callee)
        elements = self.express(Op.ELEMENT, receiver) if method in _OVER_ELEMENTS else NONE
        arguments = node.child_by_field_name("arguments")
        given = [
            self._argument(argument, elements, scope, depth)
            for argument in (arguments.named_children if arguments is not None else ())
        ]
        if node.type == "new_expression":
            return self.express(Op.INSTANCE, callee)
        if receiver != NONE and method in _SAME_ELEMENTS:
            return self.either([self.express(Op.CALLED, callee), receiver])
        if receiver != NONE and method in _ONE_ELEMENT:
            return self.either([self.express(Op.CALLED, callee), self.express(Op.ELEMENT, receiver)])
        if method == "map" and given and given[0] != NONE:
            return self.either(
                [self.express(Op.CALLED, callee), self.express(Op.LIST, self.express(Op.CALLED, given[0]))]
            )
        return self.express(Op.CALLED, callee)

    def _receiver(self, function: Node, callee: int) -> tuple[int, str]:
        """What a method is called of, and the method's name."""
        if function.type != "member_expression" or callee == NONE:
            return NONE, ""
        expression = self.facts.expressions[callee]
        return (expression[1], expression[2]) if expression[0] == Op.MEMBER else (NONE, "")

    def _argument(self, node: Node, elements: int, scope: Scope, depth: int) -> int:
        if node.type in _FUNCTIONS and depth <= MOST_DEPTH:
            return self._function(node, scope, depth, given=elements)
        return self.visit(node, scope, depth)

    def _subscript(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.field(node, "object", scope, depth)
        self.field(node, "index", scope, depth)
        return self.express(Op.ELEMENT, value)

    def _annotation(self, node: Node, scope: Scope, depth: int) -> int:
        return self.express(Op.INSTANCE, self.type(node, scope, depth))

    def _cast(self, node: Node, scope: Scope, depth: int) -> int:
        children = node.named_children
        value = self.visit(children[0], scope, depth) if children else NONE
        if len(children) < 2:
            return value
        declared = self._annotation(children[1], scope, depth)
        return declared if declared != NONE else value

    def _import(self, node: Node, scope: Scope, depth: int) -> int:
        module = self._module_of(node)
        for clause in node.named_children:
            if clause.type == "import_require_clause":
                names, source = clause.named_children[0], clause.child_by_field_name("source")
                if source is not None:
                    self.define(scope, names, Kind.IMPORT, (), [self._string(source), ""])
            for part in clause.named_children if clause.type == "import_clause" else ():
                if part.type == "identifier":
                    self._imported(part, part, "default", module, scope)
                elif part.type == "namespace_import":
                    self.define(scope, part.named_children[0], Kind.IMPORT, (), [module, ""])
                elif part.type == "named_imports":
                    for item in part.named_children:
                        name = item.child_by_field_name("name")
                        if name is not None:
                            local = item.child_by_field_name("alias") or name
                            self._imported(name, local, self.text(name), module, scope)
        return NONE

    def _imported(self, node: Node, local: Node, name: str, module: str, scope: Scope) -> None:
        number = self.define(scope, local, Kind.IMPORT, (), [module, name])
        imported = self.express(Op.DEFINED, number)
        self.refer(scope, node, imported, Role.IMPORT)
        if local.id != node.id:
            self.refer(scope, local, imported, Role.IMPORT)

    def _module_of(self, node: Node) -> str:
        source = node.child_by_field_name("source")
        if source is None:
            return ""
        module = self._string(source)
        self.refer(self.top, source, self.express(Op.PATH, module), Role.IMPORT)
        return module

    def _string(self, node: Node) -> str:
        return self.text(node).strip("\"'`")

    def _export(self, node: Node, scope: Scope, depth: int) -> int:
        module = self._module_of(node)
        declaration = node.child_by_field_name("declaration") or node.child_by_field_name("value")
        is_default = any(child.type == "default" for child in node.children)
        if declaration is not None:
            before = len(self.facts.definitions)
            value = self.visit(declaration, scope, depth)
            name = declaration.child_by_field_name("name")
            if is_default:
                self._export_default(declaration, name, value, before)
            return NONE
        if any(child.type == "*" for child in node.children):
            space = next((child for child in node.named_children if child.type == "namespace_export"), None)
            where = space.named_children[0] if space is not None else node
            label = self.text(where) if space is not None else "*"
            self.define(self.top, where, Kind.IMPORT, (), [module, "" if space is not None else "*"], label)
        for clause in node.named_children:
            for item in clause.named_children if clause.type == "export_clause" else ():
                self._exported(item, module, scope)
        return NONE

    def _export_default(self, declaration: Node, name: Node | None, value: int, before: int) -> None:
        if name is not None and len(self.facts.definitions) > before:
            self.add(MODULE, name, Kind.IMPORT, (), ["", self.text(name)], "default")
        elif declaration.type == "identifier":
            self.add(MODULE, declaration, Kind.IMPORT, (), ["", self.text(declaration)], "default")
        else:
            self.add(MODULE, declaration, Kind.VARIABLE, (value,), name="default")

    def _exported(self, item: Node, module: str, scope: Scope) -> None:
        name = item.child_by_field_name("name")
        if name is None:
            return
        alias = item.child_by_field_name("alias")
        if module:
            self._imported(name, alias or name, self.text(name), module, Scope(None, MODULE))
            return
        self.named(scope, name)
        if alias is not None:
            self.add(MODULE, alias, Kind.IMPORT, (), ["", self.text(name)])

    def _class(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        label = "" if name is not None else f"<{node.start_point.row + 1}:{node.start_point.column}>"
        inner = Scope(scope, scope.owner, "class")
        if name is not None and node.type != "class":
            number = self.define(scope, name, Kind.CLASS)
        else:
            number = self.add(scope.owner, name or node, Kind.CLASS, name=label)
            if name is not None:
                inner.names[self.text(name)] = [number]
        inner.owner = number
        self._type_parameters(node.child_by_field_name("type_parameters"), inner, depth)
        bases = [
            base
            for child in node.named_children
            if child.type in ("class_heritage", "extends_type_clause")
            for base in self._bases(child, inner, depth)
        ]
        self.facts.definitions[number].values.extend(base for base in bases if base != NONE)
        body = node.child_by_field_name("body")
        if body is not None:
            self._class_body(body, inner, number, depth)
        return self.express(Op.CLASS, number)

    def _bases(self, node: Node, scope: Scope, depth: int) -> list[int]:
        bases = []
        for child in node.named_children:
            if child.type in ("extends_clause", "implements_clause"):
                bases += self._bases(child, scope, depth)
            elif child.type == "type_arguments":
                self._types(child, scope, depth)
            elif child.type == "generic_type":
                name, arguments = (
                    child.child_by_field_name("name"),
                    child.child_by_field_name("type_arguments"),
                )
                bases.append(self._referred(name, scope, depth, Role.INHERIT) if name is not None else NONE)
                if arguments is not None:
                    self._types(arguments, scope, depth)
            else:
                bases.append(self._referred(child, scope, depth, Role.INHERIT))
        return bases

    def _class_body(self, node: Node, scope: Scope, number: int, depth: int) -> None:
        if depth > MOST_DEPTH:
            return
        for child in node.named_children:
            name = child.child_by_field_name("name") or child.child_by_field_name("property")
            if child.type in _MEMBERS and name is not None:
                self._class_member(child, name, scope, number, depth + 1)
            elif child.type in ("enum_assignment", "property_identifier"):
                self.add(number, name or child, Kind.VARIABLE, (self.express(Op.SELF, number),))
                self.field(child, "value", scope, depth + 1)
            elif child.type in ("call_signature", "construct_signature", "index_signature"):
                inner = Scope(scope, scope.owner, "function")
                self._parameters(child, inner, depth, NONE)
                self._types(child, inner, depth + 1)
            else:
                self.visit(child, scope, depth + 1)

    def _class_member(self, node: Node, name: Node, scope: Scope, number: int, depth: int) -> None:
        key = self.text(name).strip("\"'")
        for child in node.named_children:
            if child.type == "decorator":
                self.visit(child, scope, depth)
        if "method" in node.type:
            marks = ["get"] if any(child.type == "get" for child in node.children) else None
            method = self.add(number, name, Kind.FUNCTION, (), marks, key)
            self._callable(node, method, scope, depth, NONE)
            return
        declared = self._annotation_of(node, scope, depth)
        value = self.field(node, "value", scope, depth)
        self.add(number, name, Kind.VARIABLE, (declared if declared != NONE else value,), name=key)

    def _annotation_of(self, node: Node, scope: Scope, depth: int) -> int:
        annotation = node.child_by_field_name("type")
        return self._annotation(annotation, scope, depth) if annotation is not None else NONE

    def _alias(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        if name is None:
            return NONE
        number = self.define(scope, name, Kind.VARIABLE)
        inner = Scope(scope, number)
        self._type_parameters(node.child_by_field_name("type_parameters"), inner, depth)
        value = self.type(node.child_by_field_name("value"), inner, depth)
        self.facts.definitions[number].values.extend([value] if value != NONE else [])
        return NONE

    def _namespace(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is None or name.type == "string":
            self.inside(body or node, scope, depth)
            return NONE
        number = self.define(scope, name, Kind.NAMESPACE)
        if body is not None:
            self.inside(body, Scope(scope, number), depth)
        return NONE

    def _function(self, node: Node, scope: Scope, depth: int, given: int = NONE) -> int:
        name = node.child_by_field_name("name")
        outer = scope
        if name is not None and node.type not in _FUNCTIONS:
            number = self.define(scope, name, Kind.FUNCTION)
        else:
            label = f"<{node.start_point.row + 1}:{node.start_point.column}>"
            number = self.add(scope.owner, name or node, Kind.FUNCTION, name=label)
            if name is not None:
                outer = Scope(scope, scope.owner)
                outer.names[self.text(name)] = [number]
        self._callable(node, number, outer, depth, given)
        return self.express(Op.DEFINED, number)

    def _callable(self, node: Node, number: int, scope: Scope, depth: int, given: int) -> None:
        """The inside of a function: its parameters, what it returns, its body."""
        inner = Scope(scope, number, "function")
        self._type_parameters(node.child_by_field_name("type_parameters"), inner, depth)
        self._parameters(node, inner, depth, given)
        declared = node.child_by_field_name("return_type")
        values = self.facts.definitions[number].values
        if declared is not None:
            value = self._annotation(declared, inner, depth)
            values.extend([value] if value != NONE else [])
        body = node.child_by_field_name("body")
        if body is None:
            return
        value = self.visit(body, inner, depth)
        if body.type != "statement_block" and value != NONE:
            values.append(value)

    def _parameters(self, node: Node, scope: Scope, depth: int, given: int) -> None:
        single = node.child_by_field_name("parameter")
        if single is not None:
            self.define(scope, single, Kind.PARAMETER, (given,))
            return
        parameters = node.child_by_field_name("parameters")
        for position, child in enumerate(parameters.named_children if parameters is not None else ()):
            pattern = child.child_by_field_name("pattern") or child
            if pattern.type == "this":
                continue
            value = self._annotation_of(child, scope, depth)
            if value == NONE and position == 0:
                value = given
            default = self.field(child, "value", scope, depth)
            value = value if value != NONE else default
            if any(part.type in _MODIFIERS for part in child.children):
                owner = scope.enclosing("class")
                if owner is not None and pattern.type == "identifier":
                    self.add(owner.owner, pattern, Kind.VARIABLE, (value,))
            self.bind(pattern, value, scope, depth, Kind.PARAMETER)

    def bind(self, node: Node, value: int, scope: Scope, depth: int, kind: Kind = Kind.VARIABLE) -> None:
        """Let a name, or each name of a pattern, hold a value or a part of it."""
        if depth > MOST_DEPTH:
            return
        if node.type == "identifier":
            self.define(scope, node, kind, (value,))
        elif node.type == "shorthand_property_identifier_pattern":
            member = self.express(Op.MEMBER, value, self.text(node))
            self.refer(scope, node, member, Role.USE)
            self.define(scope, node, kind, (member,))
        elif node.type == "pair_pattern":
            key, inner = node.child_by_field_name("key"), node.child_by_field_name("value")
            if key is not None and inner is not None:
                member = self.express(Op.MEMBER, value, self.text(key))
                self.refer(scope, key, member, Role.USE)
                self.bind(inner, member, scope, depth + 1, kind)
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            default = self.visit(right, scope, depth + 1) if right is not None else NONE
            if left is not None:
                self.bind(left, value if value != NONE else default, scope, depth + 1, kind)
        elif node.type == "array_pattern":
            for child in node.named_children:
                self.bind(child, self.express(Op.ELEMENT, value), scope, depth + 1, kind)
        elif node.type in ("object_pattern", "rest_pattern"):
            for child in node.named_children:
                self.bind(child, value, scope, depth + 1, kind)
        else:
            self.visit(node, scope, depth + 1)

    def _declarator(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        if name is None:
            return NONE
        parent = node.parent
        is_var = parent is not None and parent.type == "variable_declaration"
        target = (scope.enclosing("function") or self.top) if is_var else scope
        declared = self._annotation_of(node, scope, depth)
        value = self.field(node, "value", scope, depth)
        self.bind(name, declared if declared != NONE else value, target, depth)
        return NONE

    def _for_in(self, node: Node, scope: Scope, depth: int) -> int:
        inner = Scope(scope, scope.owner)
        value = self.express(Op.ELEMENT, self.field(node, "right", scope, depth))
        left = node.child_by_field_name("left")
        if left is not None and node.child_by_field_name("kind") is not None:
            self.bind(left, value, inner, depth)
        elif left is not None:
            self.visit(left, scope, depth)
        self.field(node, "body", inner, depth)
        return NONE

    def _catch(self, node: Node, scope: Scope, depth: int) -> int:
        inner = Scope(scope, scope.owner)
        parameter = node.child_by_field_name("parameter")
        if parameter is not None:
            self.bind(parameter, self._annotation_of(node, scope, depth), inner, depth)
        self.field(node, "body", inner, depth)
        return NONE

    def _return(self, node: Node, scope: Scope, depth: int) -> int:
        for child in node.named_children:
            value = self.visit(child, scope, depth)
            function = scope.enclosing("function")
            if value != NONE and function is not None and function.owner >= 0:
                values = self.facts.definitions[function.owner].values
                if len(values) < 4:
                    values.append(value)
        return NONE

    def _object(self, node: Node, scope: Scope, depth: int) -> int:
        name = f"<{node.start_point.row + 1}:{node.start_point.column}>"
        number = self.add(scope.owner, node, Kind.NAMESPACE, name=name)
        inner = Scope(scope, scope.owner, "class")
        inner.owner = number
        for child in node.named_children:
            key = child.child_by_field_name("key") or child.child_by_field_name("name")
            if child.type == "pair" and key is not None and key.type != "computed_property_name":
                value = self.field(child, "value", scope, depth)
                self.add(number, key, Kind.VARIABLE, (value,), name=self.text(key).strip("\"'"))
            elif child.type == "shorthand_property_identifier":
                value = self.named(scope, child)
                self.add(number, child, Kind.VARIABLE, (value,))
            elif child.type == "method_definition" and key is not None:
                self._class_member(child, key, inner, number, depth)
            elif child.type == "spread_element":
                value = self.visit(child.named_children[0], scope, depth) if child.named_child_count else NONE
                self.facts.definitions[number].values.extend([value] if value != NONE else [])
            else:
                self.inside(child, scope, depth)
        return self.express(Op.SELF, number)

    def _array(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        known = [value for value in dict.fromkeys(values) if value != NONE][:8]
        return self.express(Op.LIST, *known) if known else NONE

    def _spread(self, node: Node, scope: Scope, depth: int) -> int:
        value = self.visit(node.named_children[0], scope, depth) if node.named_child_count else NONE
        return self.express(Op.ELEMENT, value)

    def _ternary(self, node: Node, scope: Scope, depth: int) -> int:
        self.field(node, "condition", scope, depth)
        return self.either([self.field(node, name, scope, depth) for name in ("consequence", "alternative")])

    def _binary(self, node: Node, scope: Scope, depth: int) -> int:
        left, right = self.field(node, "left", scope, depth), self.field(node, "right", scope, depth)
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type in ("??", "||", "&&"):
            return self.either([left, right])
        return NONE

    def _assignment(self, node: Node, scope: Scope, depth: int) -> int:
        left = node.child_by_field_name("left")
        value = self.field(node, "right", scope, depth)
        if left is not None:
            if left.type == "member_expression":
                self._assigned_member(left, value, scope, depth)
            else:
                self.visit(left, scope, depth)
        return value

    def _assigned_member(self, node: Node, value: int, scope: Scope, depth: int) -> None:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        inner = scope.enclosing("class")
        if owner is not None and name is not None and owner.type == "this" and inner is not None:
            members = self.facts.definitions
            known = any(
                one.parent == inner.owner and one.name == self.text(name) for one in members[inner.owner :]
            )
            if not known:
                self.add(inner.owner, name, Kind.VARIABLE, (value,))
        self._member(node, scope, depth)

    def _single(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        return values[0] if len(values) == 1 else NONE

    def _jsx(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        if name is not None and self.text(name)[:1].isupper():
            self._referred(name, scope, depth, Role.USE)
        for child in node.named_children:
            if name is None or child.id != name.id:
                self.visit(child, scope, depth)
        return NONE

    def _nothing(self, node: Node, scope: Scope, depth: int) -> int:
        return NONE

    HANDLERS: ClassVar[dict[str, Callable[["_Script", Node, Scope, int], int]]] = {
        "identifier": _identifier,
        "this": _this,
        "super": _super,
        "member_expression": _member,
        "call_expression": _call,
        "new_expression": _call,
        "subscript_expression": _subscript,
        "statement_block": block,
        "class_static_block": block,
        "for_statement": block,
        "switch_body": block,
        "import_statement": _import,
        "export_statement": _export,
        "class_declaration": _class,
        "abstract_class_declaration": _class,
        "class": _class,
        "interface_declaration": _class,
        "enum_declaration": _class,
        "type_alias_declaration": _alias,
        "internal_module": _namespace,
        "module": _namespace,
        "function_declaration": _function,
        "generator_function_declaration": _function,
        "function_signature": _function,
        "function_expression": _function,
        "generator_function": _function,
        "arrow_function": _function,
        "variable_declarator": _declarator,
        "for_in_statement": _for_in,
        "catch_clause": _catch,
        "return_statement": _return,
        "object": _object,
        "array": _array,
        "spread_element": _spread,
        "ternary_expression": _ternary,
        "binary_expression": _binary,
        "assignment_expression": _assignment,
        "parenthesized_expression": _single,
        "await_expression": _single,
        "non_null_expression": _single,
        "expression_statement": _single,
        "as_expression": _cast,
        "satisfies_expression": _single,
        "type_annotation": _annotation,
        "type_arguments": _annotation,
        "type_identifier": _identifier,
        "nested_type_identifier": _qualified,
        "jsx_opening_element": _jsx,
        "jsx_self_closing_element": _jsx,
        "property_identifier": _nothing,
        "statement_identifier": _nothing,
        "jsx_closing_element": _nothing,
        "jsx_attribute": _single,
    }
