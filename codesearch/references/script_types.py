"""Types as TypeScript writes them → expressions whose values are classes and lists."""

from collections.abc import Callable, Sequence

from tree_sitter import Node

from codesearch.references.facts import Kind, Op, Role
from codesearch.references.scopes import MOST_DEPTH, NONE, Builder, Scope

_CONTAINERS = frozenset(
    ("Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "IterableIterator", "Iterator", "Generator")
)
_OF_VALUE = frozenset(("Map", "ReadonlyMap", "Record", "WeakMap"))
_SAME = frozenset(
    ("Promise", "Readonly", "Partial", "Required", "NonNullable", "PromiseLike", "Awaited", "Omit", "Pick")
)


class ScriptTypes(Builder):
    """Reads types; what else stands in them, such as classes' bodies, reads the walk that builds on it."""

    def visit(self, node: Node, scope: Scope, depth: int) -> int:
        """Take in a node; the expression that it is, or NONE."""
        raise NotImplementedError

    def _referred(self, node: Node, scope: Scope, depth: int, role: Role) -> int:
        raise NotImplementedError

    def _class_body(self, node: Node, scope: Scope, number: int, depth: int) -> None:
        raise NotImplementedError

    def _parameters(self, node: Node, scope: Scope, depth: int, given: int) -> None:
        raise NotImplementedError

    def _types(self, node: Node, scope: Scope, depth: int) -> list[int]:
        return [self.type(child, scope, depth + 1) for child in node.named_children]

    def type(self, node: Node | None, scope: Scope, depth: int) -> int:
        """The expression of a type as it is written; its values are classes and lists."""
        if node is None or depth > MOST_DEPTH:
            return NONE
        read = _TYPES.get(node.type)
        if read is not None:
            return read(self, node, scope, depth)
        self._types(node, scope, depth)
        return NONE

    def _one_of(self, node: Node, scope: Scope, depth: int) -> int:
        return self.either(self._types(node, scope, depth))

    def _name(self, node: Node, scope: Scope, depth: int) -> int:
        return self._referred(node, scope, depth, Role.TYPE)

    def _array_type(self, node: Node, scope: Scope, depth: int) -> int:
        parts = self._types(node, scope, depth)
        return self._list_of(parts if node.type == "tuple_type" else parts[:1])

    def _lookup(self, node: Node, scope: Scope, depth: int) -> int:
        outer, *rest = self._types(node, scope, depth) or [NONE]
        return self.express(Op.ELEMENT, outer) if rest else outer

    def _this_type(self, node: Node, scope: Scope, depth: int) -> int:
        owner = scope.enclosing("class")
        return self.express(Op.CLASS, owner.owner) if owner is not None else NONE

    def _predicate(self, node: Node, scope: Scope, depth: int) -> int:
        name = node.child_by_field_name("name")
        if name is not None:
            self.visit(name, scope, depth)
        self.type(node.child_by_field_name("type"), scope, depth + 1)
        return NONE

    def _parameters_of_type(self, node: Node, scope: Scope, depth: int) -> int:
        self._type_parameters(node, scope, depth)
        return NONE

    def _list_of(self, types: Sequence[int]) -> int:
        parts = [self.express(Op.INSTANCE, part) for part in types if part != NONE]
        return self.express(Op.LIST, *parts) if parts else NONE

    def _generic(self, node: Node, scope: Scope, depth: int) -> int:
        base, arguments = node.child_by_field_name("name"), node.child_by_field_name("type_arguments")
        if base is None:
            return NONE
        outer = self._referred(base, scope, depth, Role.TYPE)
        inner = self._types(arguments, scope, depth) if arguments is not None else []
        name = self.text(base)
        if name in _CONTAINERS:
            return self.either([self._list_of(inner[:1]), outer])
        if name in _OF_VALUE:
            return self.either([self._list_of(inner[1:2]), outer])
        if name in _SAME and inner:
            return self.either([inner[0], outer])
        return outer

    def _object_type(self, node: Node, scope: Scope, depth: int) -> int:
        number = self.add(
            scope.owner, node, Kind.NAMESPACE, name=f"<{node.start_point.row + 1}:{node.start_point.column}>"
        )
        self._class_body(node, Scope(scope, number, "object"), number, depth)
        return self.express(Op.CLASS, number)

    def _function_type(self, node: Node, scope: Scope, depth: int) -> int:
        name = f"<{node.start_point.row + 1}:{node.start_point.column}>"
        number = self.add(scope.owner, node, Kind.FUNCTION, name=name)
        inner = Scope(scope, number, "function")
        self._type_parameters(node.child_by_field_name("type_parameters"), inner, depth)
        self._parameters(node, inner, depth, NONE)
        result = self.express(
            Op.INSTANCE, self.type(node.child_by_field_name("return_type"), inner, depth + 1)
        )
        self.facts.definitions[number].values.extend([result] if result != NONE else [])
        return self.express(Op.DEFINED, number)

    def _type_query(self, node: Node, scope: Scope, depth: int) -> int:
        value = (
            self._referred(node.named_children[0], scope, depth, Role.USE) if node.named_child_count else NONE
        )
        return self.express(Op.TYPE, value)

    def _type_parameters(self, node: Node | None, scope: Scope, depth: int) -> None:
        for child in node.named_children if node is not None else ():
            name = child.child_by_field_name("name")
            if name is not None:
                bound = [
                    self.type(part, scope, depth + 1) for part in child.named_children if part.id != name.id
                ]
                self.define(scope, name, Kind.PARAMETER, bound[:1])
            else:
                self.type(child, scope, depth + 1)


_TYPES: dict[str, Callable[[ScriptTypes, Node, Scope, int], int]] = {
    **dict.fromkeys(
        ("type_annotation", "parenthesized_type", "readonly_type", "type_predicate_annotation",
         "asserts_annotation", "opting_type_annotation", "union_type", "intersection_type"),
        ScriptTypes._one_of,
    ),
    **dict.fromkeys(
        ("type_identifier", "nested_type_identifier", "identifier", "nested_identifier"), ScriptTypes._name
    ),
    **dict.fromkeys(("array_type", "tuple_type"), ScriptTypes._array_type),
    **dict.fromkeys(("type_parameters", "mapped_type_clause"), ScriptTypes._parameters_of_type),
    "generic_type": ScriptTypes._generic,
    "object_type": ScriptTypes._object_type,
    "function_type": ScriptTypes._function_type,
    "type_query": ScriptTypes._type_query,
    "lookup_type": ScriptTypes._lookup,
    "this_type": ScriptTypes._this_type,
    "type_predicate": ScriptTypes._predicate,
}  # fmt: skip
