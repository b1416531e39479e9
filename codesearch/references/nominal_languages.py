"""The table of languages that write types down: which nodes of their grammars are what."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Nominal:
    """Which nodes of a grammar are what."""

    name: str
    classes: frozenset[str]
    functions: frozenset[str]
    declarations: frozenset[str]
    """Nodes that declare variables, fields or parameters, with a type, a value or both."""
    members: Mapping[str, tuple[str, str]]
    """Nodes that name a member: the fields of what has it, and of the name."""
    calls: Mapping[str, str]
    """Nodes that call: the field of what is called."""
    creations: Mapping[str, str]
    """Nodes that make an object: the field of its type."""
    heritage: frozenset[str] = frozenset()
    """Nodes that hold the bases of a class."""
    types: frozenset[str] = frozenset(("type_identifier",))
    generics: frozenset[str] = frozenset(("generic_type", "template_type", "generic_name"))
    names: frozenset[str] = frozenset(("identifier",))
    this: frozenset[str] = frozenset(("this", "this_expression", "self"))
    above: frozenset[str] = frozenset(("super", "base_expression", "base"))
    blocks: frozenset[str] = frozenset(
        ("block", "compound_statement", "for_statement", "enhanced_for_statement")
    )
    imports: frozenset[str] = frozenset()
    iterations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Loops over the elements of something: the fields of the variable and of what is gone through."""


_JAVA = Nominal(
    name="java",
    classes=frozenset(
        ("class_declaration", "interface_declaration", "enum_declaration", "record_declaration",
         "annotation_type_declaration")
    ),
    functions=frozenset(("method_declaration", "constructor_declaration", "compact_constructor_declaration")),
    declarations=frozenset(
        ("local_variable_declaration", "field_declaration", "formal_parameter", "spread_parameter",
         "resource", "enum_constant", "catch_formal_parameter", "constant_declaration")
    ),
    members={"field_access": ("object", "field"), "scoped_type_identifier": ("", "")},
    calls={"method_invocation": "name"},
    creations={"object_creation_expression": "type"},
    heritage=frozenset(("superclass", "super_interfaces", "extends_interfaces")),
    imports=frozenset(("import_declaration",)),
    iterations={"enhanced_for_statement": ("name", "value")},
)  # fmt: skip
_CSHARP = Nominal(
    name="csharp",
    classes=frozenset(
        ("class_declaration", "interface_declaration", "struct_declaration", "record_declaration",
         "enum_declaration", "delegate_declaration")
    ),
    functions=frozenset(("method_declaration", "constructor_declaration", "local_function_statement")),
    declarations=frozenset(
        ("variable_declaration", "parameter", "property_declaration", "enum_member_declaration",
         "event_declaration", "catch_declaration")
    ),
    members={"member_access_expression": ("expression", "name"), "qualified_name": ("qualifier", "name")},
    calls={"invocation_expression": "function"},
    creations={"object_creation_expression": "type"},
    heritage=frozenset(("base_list",)),
    types=frozenset(("type_identifier",)),
    iterations={"foreach_statement": ("left", "right")},
)  # fmt: skip
_GO = Nominal(
    name="go",
    classes=frozenset(("type_spec", "type_alias")),
    functions=frozenset(("function_declaration", "method_declaration", "method_elem")),
    declarations=frozenset(
        ("var_spec", "const_spec", "short_var_declaration", "parameter_declaration", "field_declaration",
         "variadic_parameter_declaration")
    ),
    members={"selector_expression": ("operand", "field"), "qualified_type": ("package", "name")},
    calls={"call_expression": "function"},
    creations={"composite_literal": "type"},
    names=frozenset(("identifier", "package_identifier")),
    imports=frozenset(("import_spec",)),
    iterations={"range_clause": ("left", "right")},
)  # fmt: skip
_RUST = Nominal(
    name="rust",
    classes=frozenset(("struct_item", "enum_item", "trait_item", "union_item", "type_item", "impl_item")),
    functions=frozenset(("function_item", "function_signature_item", "macro_definition")),
    declarations=frozenset(
        ("let_declaration", "parameter", "field_declaration", "const_item", "static_item", "enum_variant")
    ),
    members={
        "field_expression": ("value", "field"),
        "scoped_identifier": ("path", "name"),
        "scoped_type_identifier": ("path", "name"),
    },
    calls={"call_expression": "function", "macro_invocation": "macro"},
    creations={"struct_expression": "name"},
    heritage=frozenset(("trait_bounds",)),
    iterations={"for_expression": ("pattern", "value")},
)
_C = Nominal(
    name="c",
    classes=frozenset(("struct_specifier", "union_specifier", "enum_specifier")),
    functions=frozenset(("function_definition", "preproc_function_def")),
    declarations=frozenset(
        ("declaration", "parameter_declaration", "field_declaration", "type_definition", "enumerator",
         "preproc_def")
    ),
    members={"field_expression": ("argument", "field")},
    calls={"call_expression": "function"},
    creations={},
    imports=frozenset(("preproc_include",)),
)  # fmt: skip
_CPP = Nominal(
    name="cpp",
    classes=_C.classes | {"class_specifier"},
    functions=_C.functions,
    declarations=_C.declarations | {"optional_parameter_declaration", "alias_declaration"},
    members={"field_expression": ("argument", "field"), "qualified_identifier": ("scope", "name")},
    calls=_C.calls,
    creations={"new_expression": "type", "compound_literal_expression": "type"},
    heritage=frozenset(("base_class_clause",)),
    names=frozenset(("identifier", "namespace_identifier")),
    imports=_C.imports,
    iterations={"for_range_loop": ("declarator", "right")},
)
NOMINAL: dict[str, Nominal] = {one.name: one for one in (_JAVA, _CSHARP, _GO, _RUST, _C, _CPP)}
