"""HCL, as Terraform writes it: resources, variables, outputs and locals."""

from collections.abc import Iterator

import tree_sitter_hcl
from tree_sitter import Node

from codesearch.parsing.base import Declared, Language, node_text

_VALUES = {"variable": "variable", "output": "property"}


def _labels(block: Node) -> list[str]:
    """`resource`, `aws_s3` and `logs` of `resource "aws_s3" "logs" {`."""
    return [
        node_text(child).strip('"')
        for child in block.named_children
        if child.type in ("identifier", "string_lit")
    ]


def _name(node: Node) -> str | None:
    """A block is named as it is referred to; one inside of another is no thing of its own."""
    labels = _labels(node)
    if len(labels) < 2 or labels[0] in _VALUES or not _is_outermost(node):
        return None
    return ".".join(labels[1:] if labels[0] == "resource" else labels)


def _is_outermost(node: Node) -> bool:
    body = node.parent
    return body is not None and (body.parent is None or body.parent.type == "config_file")


def _declared(node: Node, inside: str) -> Iterator[Declared]:
    """Variables, outputs and locals, and settings outside of blocks as in `.tfvars`."""
    if node.type == "block":
        labels = _labels(node)
        if len(labels) == 2 and labels[0] in _VALUES and _is_outermost(node):
            yield Declared(labels[1], _VALUES[labels[0]])
        return
    name = node_text(node.named_children[0])
    around = node.parent.parent if node.parent is not None else None
    if around is not None and around.type == "block" and _labels(around) == ["locals"]:
        yield Declared(f"local.{name}", "variable")
    elif _is_outermost(node):
        yield Declared(name, "variable")


LANGUAGE = Language(
    name="terraform",
    label="Terraform",
    extensions=(".tf", ".tfvars", ".hcl", ".tofu"),
    grammar=tree_sitter_hcl.language,
    functions=frozenset(),
    classes=frozenset({"block"}),
    declarations=frozenset({"block", "attribute"}),
    name_of=_name,
    declared_by=_declared,
)
