"""The facts of languages that write types down: Java, Go, Rust, C#, C and C++, by one walk and a table.

What differs between their grammars is data. Namespaces and inline modules are looked through: what stands in
them counts as standing at the top of the file.
"""

from collections.abc import Iterable
from typing import Any

from tree_sitter import Node

from codesearch.references.facts import MODULE, Facts, Kind, Op, Role
from codesearch.references.nominal_languages import Nominal
from codesearch.references.scopes import MOST_DEPTH, NONE, Builder, Scope

PARTIAL = "partial"
"""The mark of a class of which a file has only members: its definition stands elsewhere."""


_NAME_NODES = frozenset(
    ("identifier", "field_identifier", "type_identifier", "destructor_name", "operator_name")
)
_INFERRED = frozenset(("var", "auto"))
_LISTS = frozenset(("slice_type", "array_type", "map_type", "channel_type"))
_DECLARATORS = frozenset(("variable_declarator", "init_declarator"))
_WITHOUT_NAMES = frozenset(("comment", "line_comment", "block_comment", "string_literal", "string"))


def nominal_facts(language: Nominal, root: Node, source: bytes) -> Facts:
    """The facts of a file of such a language."""
    walk = _Nominal(language, source)
    walk.inside(root, walk.top, 0)
    return walk.finished()


class _Nominal(Builder):
    def __init__(self, language: Nominal, source: bytes) -> None:
        super().__init__(language.name, source)
        self.language = language
        self._partial: dict[str, int] = {}

    def visit(self, node: Node, scope: Scope, depth: int) -> int:
        """Take in a node; the expression that it is, or NONE."""
        kind, language = node.type, self.language
        if depth > MOST_DEPTH or kind in _WITHOUT_NAMES:
            return NONE
        if kind in language.this or kind in language.above:
            return self._self(scope, Op.SELF if kind in language.this else Op.SUPER)
        if kind in language.types or kind in language.generics:
            return self.type(node, scope, depth)
        if kind in language.names:
            return self.named(scope, node)
        return self._expression(node, scope, depth + 1)

    def _expression(self, node: Node, scope: Scope, depth: int) -> int:
        kind, language = node.type, self.language
        if kind in language.members:
            return self._member(node, scope, depth, Role.USE)
        if kind in language.calls:
            return self._call(node, scope, depth)
        if kind in language.creations:
            return self._creation(node, scope, depth)
        return self._statement(node, scope, depth)

    def _statement(self, node: Node, scope: Scope, depth: int) -> int:
        kind, language = node.type, self.language
        if kind in language.classes:
            self._class(node, scope, depth)
        elif kind in language.functions:
            self._function(node, scope, depth)
        elif kind in language.imports:
            self._import(node, scope)
        elif kind in language.iterations:
            self._iteration(node, scope, depth)
        elif kind in language.declarations:
            self._declaration(node, scope, depth)
        elif kind in language.blocks:
            self.inside(node, Scope(scope, scope.owner), depth)
        else:
            return self._other(node, scope, depth)
        return NONE

    def _other(self, node: Node, scope: Scope, depth: int) -> int:
        values = [self.visit(child, scope, depth) for child in node.named_children]
        # Parentheses, `&x`, `*x`, `x?`, `await x` have the value of what is in them.
        return values[0] if len(values) == 1 else NONE

    def inside(self, node: Node, scope: Scope, depth: int) -> None:
        """Take in what a node holds."""
        for child in node.named_children:
            self.visit(child, scope, depth)

    def field(self, node: Node, name: str, scope: Scope, depth: int) -> int:
        """Take in a field of a node."""
        child = node.child_by_field_name(name)
        return self.visit(child, scope, depth) if child is not None else NONE

    def _self(self, scope: Scope, op: Op) -> int:
        owner = scope.enclosing("class")
        return self.express(op, owner.owner) if owner is not None else NONE

    def _member(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        of, called = self.language.members[node.type]
        if of:
            name = node.child_by_field_name(called)
            value = self.field(node, of, scope, depth)
        else:
            name = node.named_children[-1] if node.named_child_count else None
            value = self.visit(node.named_children[0], scope, depth) if node.named_child_count > 1 else NONE
        if name is None:
            return NONE
        if name.type in self.language.members or name.type in self.language.generics:
            return self.visit(name, scope, depth)
        if value == NONE:
            value = self.express(Op.EITHER)
        member = self.express(Op.MEMBER, value, self.text(name))
        if node.type in (
            "qualified_identifier",
            "scoped_identifier",
            "scoped_type_identifier",
            "qualified_name",
        ):
            # Namespaces and modules are no values: then the name alone counts.
            member = self.express(Op.FIRST, member, self.express(Op.GLOBAL, self.text(name)))
        self.refer(scope, name, member, role)
        return member

    def _call(self, node: Node, scope: Scope, depth: int) -> int:
        function = node.child_by_field_name(self.language.calls[node.type])
        of = node.child_by_field_name("object") if node.type == "method_invocation" else None
        if function is None:
            return NONE
        if of is not None:
            value = self.visit(of, scope, depth)
            callee = self.express(
                Op.MEMBER, value if value != NONE else self.express(Op.EITHER), self.text(function)
            )
            self.refer(scope, function, callee, Role.CALL)
        else:
            callee = self._referred(function, scope, depth, Role.CALL)
        for child in node.named_children:
            if child.id != function.id and (of is None or child.id != of.id):
                self.visit(child, scope, depth)
        return self.express(Op.CALLED, callee)

    def _referred(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        if node.type in self.language.names or node.type in self.language.types:
            return self.named(scope, node, role)
        if node.type in self.language.members:
            return self._member(node, scope, depth, role)
        return self.visit(node, scope, depth)

    def _creation(self, node: Node, scope: Scope, depth: int) -> int:
        written = node.child_by_field_name(self.language.creations[node.type])
        made = self.type(written, scope, depth, Role.CALL) if written is not None else NONE
        for child in node.named_children:
            if written is None or child.id != written.id:
                self.visit(child, scope, depth)
        return self.express(Op.INSTANCE, made)

    def type(self, node: Node, scope: Scope, depth: int, role: Role = Role.TYPE) -> int:
        """The expression of a type as it is written."""
        if depth > MOST_DEPTH:
            return NONE
        kind, language = node.type, self.language
        if kind in language.types or kind in language.names:
            return self._named_type(node, scope, role)
        if kind in language.members:
            return self._member(node, scope, depth, role)
        if kind in language.generics:
            return self._generic(node, scope, depth, role)
        return self._compound_type(node, scope, depth)

    def _compound_type(self, node: Node, scope: Scope, depth: int) -> int:
        kind = node.type
        if kind in self.language.classes and node.child_by_field_name("body") is not None:
            return self._class(node, scope, depth)
        inner = [self.type(child, scope, depth + 1) for child in node.named_children]
        if kind in _LISTS and inner:
            return self.express(Op.LIST, self.express(Op.INSTANCE, inner[-1]))
        return self.either(inner[:1])

    def _named_type(self, node: Node, scope: Scope, role: Role) -> int:
        name = self.text(node)
        if name == "Self":
            return self._self(scope, Op.CLASS)
        return NONE if name in _INFERRED else self.named(scope, node, role)

    def _generic(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        base, *rest = node.named_children
        outer = self.type(base, scope, depth + 1, role)
        arguments = [self.type(child, scope, depth + 1) for part in rest for child in part.named_children]
        known = [self.express(Op.INSTANCE, part) for part in arguments[-1:] if part != NONE]
        return self.either([outer, self.express(Op.LIST, *known) if known else NONE])

    def _class(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if node.type == "impl_item":
            self._implementation(node, scope, depth)
            return NONE
        if name is None or (node.type.endswith("_specifier") and body is None):
            if name is not None:
                return self.named(scope, name, Role.TYPE)
            self.inside(node, scope, depth)
            return NONE
        name = name if name.type in _NAME_NODES else _innermost(name)
        number = self.define(scope, name, Kind.CLASS)
        inner = Scope(scope, number, "class")
        bases = self.facts.definitions[number].values
        for child in node.named_children:
            if child.id == name.id:
                continue
            if child.type in self.language.heritage:
                first = len(self.facts.occurrences)
                bases += [base for base in self._bases(child, scope, depth) if base != NONE]
                self.claim(first, number)
            elif child.type in ("struct_type", "interface_type"):
                self._embedded(child, inner, bases, depth)
            elif node.type in ("type_spec", "type_alias", "type_item"):
                base = self.type(child, inner, depth)
                bases.extend([base] if base != NONE else [])
            else:
                self.visit(child, inner, depth)
        return self.express(Op.CLASS, number)

    def _bases(self, node: Node, scope: Scope, depth: int) -> list[int]:
        bases: list[int] = []
        for child in node.named_children:
            if child.type in ("type_list", "interface_type_list"):
                bases += self._bases(child, scope, depth)
            elif child.type != "access_specifier":
                bases.append(self.type(child, scope, depth, Role.INHERIT))
        return bases

    def _embedded(self, node: Node, scope: Scope, bases: list[int], depth: int) -> None:
        """The inside of a Go struct or interface: fields without a name are bases."""
        for child in node.named_children:
            if child.type == "field_declaration_list":
                self._embedded(child, scope, bases, depth + 1)
            elif child.type == "type_elem" or (
                child.type == "field_declaration" and child.child_by_field_name("name") is None
            ):
                written = child.child_by_field_name("type") or (child.named_children or [child])[0]
                base = self.type(written, scope, depth + 1, Role.INHERIT)
                bases.extend([base] if base != NONE else [])
            else:
                self.visit(child, scope, depth + 1)

    def _implementation(self, node: Node, scope: Scope, depth: int) -> None:
        implemented, trait = node.child_by_field_name("type"), node.child_by_field_name("trait")
        if implemented is None:
            return
        self.type(implemented, scope, depth)
        owner = self._owner(_innermost(implemented), scope)
        if trait is not None:
            first = len(self.facts.occurrences)
            base = self.type(trait, scope, depth, Role.INHERIT)
            self.claim(first, owner)
            self.facts.definitions[owner].values.extend([base] if base != NONE else [])
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body, Scope(scope, owner, "class"), depth)

    def _owner(self, name: Node, scope: Scope) -> int:
        """The class that a method names which stands outside of it."""
        known = self.top.names.get(self.text(name), ())
        for number in known:
            if self.facts.definitions[number].kind == Kind.CLASS:
                return number
        label = self.text(name)
        if label not in self._partial:
            self._partial[label] = self.add(MODULE, name, Kind.CLASS, (), [PARTIAL])
        return self._partial[label]

    def _function(self, node: Node, scope: Scope, depth: int) -> None:
        declarator = node.child_by_field_name("declarator")
        name = node.child_by_field_name("name") or (
            _innermost(declarator) if declarator is not None else None
        )
        if name is None:
            return
        outer = self._around(node, declarator, scope, depth)
        # Inside of a class its name means the class, not what constructs it.
        is_constructor = outer.kind == "class" and self.facts.definitions[outer.owner].name == self.text(name)
        if is_constructor:
            number = self.add(outer.owner, name, Kind.FUNCTION)
        else:
            number = self.define(outer, name, Kind.FUNCTION)
        inner = Scope(outer, number, "function")
        returned = next(
            (part for key in ("return_type", "result", "type", "returns")
             if (part := node.child_by_field_name(key)) is not None), None
        )  # fmt: skip
        if returned is not None and returned.type != "parameter_list":
            value = self.express(Op.INSTANCE, self.type(returned, inner, depth))
            self.facts.definitions[number].values.extend([value] if value != NONE else [])
        for child in node.named_children:
            if child.id != name.id and (returned is None or child.id != returned.id):
                self._part(child, inner, depth)

    def _part(self, node: Node, scope: Scope, depth: int) -> None:
        """A part of a function; of a declarator the parameters alone."""
        if node.type.endswith("_declarator") and depth <= MOST_DEPTH:
            for child in node.named_children:
                if child.type == "parameter_list" or child.type.endswith("_declarator"):
                    self._part(child, scope, depth + 1)
        elif node.type in ("block", "compound_statement"):
            self.inside(node, scope, depth)
        elif node.type not in _NAME_NODES and node.type != "qualified_identifier":
            self.visit(node, scope, depth)

    def _around(self, node: Node, declarator: Node | None, scope: Scope, depth: int) -> Scope:
        """The scope of a function: that of its class where it stands outside of it."""
        receiver = node.child_by_field_name("receiver")
        if receiver is not None:
            types = [part for part in _below(receiver) if part.type == "type_identifier"]
            if types:
                owner = Scope(scope, self._owner(types[0], scope), "class")
                self.inside(receiver, Scope(owner, owner.owner), depth)
                names = [part for part in _below(receiver) if part.type == "identifier"]
                if names:
                    inner = Scope(owner, owner.owner, "class")
                    inner.names[self.text(names[0])] = [
                        self.add(
                            owner.owner,
                            names[0],
                            Kind.PARAMETER,
                            (self.express(Op.SELF, owner.owner),),
                            None,
                            "<receiver>",
                        )
                    ]
                    return inner
                return owner
        while declarator is not None and declarator.type != "qualified_identifier":
            declarator = declarator.child_by_field_name("declarator")
        named = declarator.child_by_field_name("scope") if declarator is not None else None
        if named is not None and scope.enclosing("class") is None:
            inner_name = _innermost(named)
            if self.text(inner_name)[:1].isupper():
                return Scope(scope, self._owner(inner_name, scope), "class")
        return scope

    def _declaration(self, node: Node, scope: Scope, depth: int) -> None:
        """Variables, fields or parameters: their type and value first, then their names."""
        written = node.child_by_field_name("type")
        declared = self.type(written, scope, depth) if written is not None else NONE
        value = self.express(Op.INSTANCE, declared)
        names, values = _declared_names(node), []
        for key in ("value", "right", "default_value"):
            child = node.child_by_field_name(key)
            if child is not None:
                values.append(self.visit(child, scope, depth))
        kind = Kind.PARAMETER if "parameter" in node.type else Kind.VARIABLE
        seen = {part.id for part in names} | ({written.id} if written is not None else set())
        for child in node.named_children:
            if child.id not in seen and child.type not in _NAME_NODES:
                values += self._initial(child, scope, depth)
        if value == NONE:
            value = self.either(values)
        for name in names:
            self.define(scope, name, kind, (value,))

    def _initial(self, node: Node, scope: Scope, depth: int) -> list[int]:
        """The values that declarators give; types of several names, as in Java, are among their siblings."""
        if node.type in _DECLARATORS:
            value = node.child_by_field_name("value")
            parts = [value] if value is not None else node.named_children[1:]
            return [
                self.visit(part, scope, depth) for part in parts if part.type != "bracketed_argument_list"
            ]
        if node.type.endswith(("declarator", "pattern")) or node.type in (
            "expression_list",
            "parameter_list",
        ):
            return []
        self.visit(node, scope, depth)
        return []

    def _iteration(self, node: Node, scope: Scope, depth: int) -> None:
        of, through = self.language.iterations[node.type]
        inner = scope if node.type == "range_clause" else Scope(scope, scope.owner)
        value = self.express(Op.ELEMENT, self.field(node, through, scope, depth))
        written = node.child_by_field_name("type")
        if written is not None:
            declared = self.express(Op.INSTANCE, self.type(written, scope, depth))
            value = declared if declared != NONE else value
        variable, body = node.child_by_field_name(of), node.child_by_field_name("body")
        for name in _names_of(variable) if variable is not None else ():
            self.define(inner, name, Kind.VARIABLE, (value,))
        if body is not None:
            self.visit(body, inner, depth)

    def _import(self, node: Node, scope: Scope) -> None:
        path = node.child_by_field_name("path")
        if path is not None:
            module = self.text(path).strip('"<>`')
            self.refer(scope, path, self.express(Op.PATH, module), Role.IMPORT)
            if node.type == "preproc_include":
                self.define(self.top, path, Kind.IMPORT, (), [module, "*"], "*")
            else:
                alias = node.child_by_field_name("name")
                self.define(self.top, alias or path, Kind.IMPORT, (), [module, ""],
                            self.text(alias) if alias is not None else module.rpartition("/")[2])  # fmt: skip
            return
        named = next((child for child in node.named_children if child.type == "scoped_identifier"), None)
        if named is not None and not any(child.type == "asterisk" for child in node.named_children):
            name = named.named_children[-1]
            number = self.define(self.top, name, Kind.IMPORT, (), [self.text(named), self.text(name)])
            self.refer(scope, name, self.express(Op.DEFINED, number), Role.IMPORT)

    def _unknown(self, scope: Scope, name: str) -> tuple[Any, ...]:
        """A name that the file does not define may be one that the class inherits."""
        member = self.express(Op.MEMBER, self._self(scope, Op.SELF), name)
        if member == NONE:
            return (Op.GLOBAL.value, name)
        return (Op.FIRST.value, member, self.express(Op.GLOBAL, name))


def _below(node: Node) -> Iterable[Node]:
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(reversed(part.named_children))


def _innermost(node: Node) -> Node:
    """The node of the name that a declarator or type is about: `b` of `*A::b(int)`, `A` of `A<T>`."""
    while node.type not in _NAME_NODES:
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("name")
        inner = inner or node.child_by_field_name("type") or next(iter(node.named_children), None)
        if inner is None:
            return node
        node = inner
    return node


def _declared_names(node: Node) -> list[Node]:
    """The nodes of the names that a declaration declares."""
    found = [part for key in ("name", "pattern", "left") for part in node.children_by_field_name(key)]
    if not found:
        found = node.children_by_field_name("declarator")
    if not found:
        found = [child for child in node.named_children if child.type in _DECLARATORS]
    return [name for part in found for name in _names_of(part)]


def _names_of(node: Node) -> list[Node]:
    if node.type in _NAME_NODES or node.type == "property_identifier":
        return [node]
    if node.type in _DECLARATORS or node.type.endswith("_declarator"):
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("name")
        return _names_of(inner) if inner is not None else _names_of(node.named_children[0])
    return [child for child in node.named_children if child.type in _NAME_NODES]
