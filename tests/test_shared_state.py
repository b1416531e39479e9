"""Whatever outlives a request is on one page, with who shares it and why that is safe.

A cache, a module's object that can change, and a class that changes its objects after they are made fail here
until `docs/decisions/2026-11-30-shared-state.md` names them.
"""

import ast
import dataclasses
import enum
import functools
import logging
import pkgutil
import re
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pyoxigraph
import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "decisions" / "2026-11-30-shared-state.md"
PACKAGES = ("searchapp", "codesearch", "kbqa", "routing", "frontend")
CACHES = {"lru_cache", "cache", "cached_property"}
CHANGING = {
    *("append", "add", "update", "pop", "popitem", "popleft", "clear", "setdefault", "extend", "remove"),
    *("insert", "discard", "move_to_end", "appendleft", "sort", "reverse"),
}
AT_THE_START = {"__init__", "__post_init__", "__new__", "__set_name__"}
CONSTANTS = (
    *(str, bytes, int, float, bool, complex, type(None), type, range, frozenset, Path, enum.Enum),
    *(re.Pattern, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.MappingProxyType),
    *(types.GenericAlias, types.UnionType, typing.TypeVar, type(typing.Any), type(list[int])),
    *(type(typing.Optional[int]), type(typing.Callable[[], int]), type(typing.List[int])),  # noqa: UP006, UP045
    *(logging.Logger, np.generic, date, timedelta, functools.partial),
    *(pyoxigraph.NamedNode, pyoxigraph.RdfFormat),
)
CONTAINERS = (dict, list, set)


def modules() -> list[str]:
    """The product's modules; of migrations there is nothing to be said."""
    found = [
        module.name
        for package in map(import_module, PACKAGES)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return [*PACKAGES, *(name for name in found if ".migrations" not in name)]


def tree_of(module: str) -> ast.Module:
    path = ROOT / Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(source.read_text(encoding="utf-8"))


def qualified(module: str, tree: ast.Module) -> Iterator[tuple[str, ast.AST, ast.ClassDef | None]]:
    """Each node within a definition, with the definition's qualified name and its class."""

    def walk(node: ast.AST, name: str, owner: ast.ClassDef | None) -> Iterator:  # type: ignore[type-arg]
        for child in ast.iter_child_nodes(node):
            inner, own = name, owner
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{name}.{child.name}"
                own = child if isinstance(child, ast.ClassDef) else owner
            yield inner, child, own
            yield from walk(child, inner, own)

    yield from walk(tree, module, None)


def caches(module: str, tree: ast.Module) -> set[str]:
    """What is cached by functools: the function, or what a cache is made in."""
    names = {name: name for name in CACHES - {"cache"}}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "functools":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return {
        name
        for name, node, _ in qualified(module, tree)
        if (isinstance(node, ast.Name) and names.get(node.id) in CACHES)
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {f"functools.{each}" for each in CACHES})
    }


def _root(node: ast.expr) -> ast.expr:
    """What an expression is a part of: the name that it begins with, or an attribute of `self`."""
    while isinstance(node, ast.Subscript | ast.Attribute) and not _is_own(node):
        node = node.value
    return node


def _is_own(node: ast.AST) -> bool:
    """Whether this is an attribute of `self` or `cls`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"self", "cls"}
    )


def changed(node: ast.AST) -> list[ast.expr]:
    """What a statement or call changes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        return [node.func.value]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        return []
    leaves = []
    for target in targets:
        leaves += target.elts if isinstance(target, ast.Tuple) else [target]
    return leaves


def changed_globals(module: str, tree: ast.Module) -> set[str]:
    """Names of modules that some function changes, as `module.NAME`."""
    own = {
        target.id
        for node in tree.body
        for target in changed(node)
        if isinstance(target, ast.Name) and not isinstance(node, ast.Expr)
    }
    own |= {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    known = {name: f"{module}.{name}" for name in own}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        rebound = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
        found |= {f"{module}.{name}" for name in rebound}
        local = {
            target.id
            for node in ast.walk(function)
            for target in changed(node)
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign)
        } | {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
        for node in ast.walk(function):
            for target in changed(node):
                root = _root(target)
                if isinstance(root, ast.Name) and root.id in known and root.id not in local:
                    direct = isinstance(target, ast.Name) and not isinstance(node, ast.Call)
                    found |= set() if direct else {known[root.id]}
    return found


def changing_classes(module: str, tree: ast.Module) -> set[str]:
    """Classes whose methods change their objects after these are made, or the class itself."""
    found = set()
    for name, node, owner in qualified(module, tree):
        method = name.rsplit(".", 1)[-1]
        if owner is None or method in AT_THE_START or method == owner.name:
            continue
        if any(_is_own(_root(target)) for target in changed(node)):
            found.add(name[: name.index(f".{owner.name}.") + len(owner.name) + 1])
    return found


def is_constant(value: object) -> bool:
    """Whether a value cannot change."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    if isinstance(value, types.MethodType):
        return is_constant(value.__self__)
    if dataclasses.is_dataclass(value):
        return bool(value.__dataclass_params__.frozen)  # type: ignore[attr-defined]
    return isinstance(value, CONSTANTS) or type(value).__module__ in ("typing", "django.utils.functional")


def objects(module: str, tree: ast.Module, is_changed: set[str]) -> set[str]:
    """What a module keeps that can change; containers that no function changes are constants."""
    values = vars(import_module(module))
    found = set()
    for node in tree.body:
        for target in changed(node):
            if isinstance(target, ast.Name) and target.id in values and target.id != "__all__":
                name, value = f"{module}.{target.id}", values[target.id]
                constant = name not in is_changed if isinstance(value, CONTAINERS) else is_constant(value)
                found |= set() if constant else {name}
    return found


# A settings module is read once, and these are started as programs.
NOT_IMPORTED = re.compile(r"searchapp\.settings\.|searchapp\.wsgi$|\.query_process$")


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    trees = {module: tree_of(module) for module in modules()}
    is_changed = {name for module, tree in trees.items() for name in changed_globals(module, tree)}
    return {
        "caches": {name for module, tree in trees.items() for name in caches(module, tree)},
        "objects": {
            name
            for module, tree in trees.items()
            if not NOT_IMPORTED.search(module)
            for name in objects(module, tree, is_changed)
        },
        "classes": {name for module, tree in trees.items() for name in changing_classes(module, tree)},
    }


def documented() -> set[str]:
    return set(re.findall(rf"`((?:{'|'.join(PACKAGES)})\.[\w.]+)`", PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", ["caches", "objects", "classes"])
def test_what_outlives_a_request_is_on_the_page(found, kind):
    assert sorted(found[kind] - documented()) == []


def test_what_is_on_the_page_exists(found):
    assert documented() - set().union(*found.values()) == set()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from functools import lru_cache\n@lru_cache(maxsize=3)\ndef f(x): ...", "m.f"),
        ("from functools import cache\n@cache\ndef f(x): ...", "m.f"),
        ("import functools\n@functools.cache\ndef f(x): ...", "m.f"),
        ("from functools import cache as kept\n@kept\ndef f(x): ...", "m.f"),
        ("import functools\nclass C:\n    @functools.cached_property\n    def f(self): ...", "m.C.f"),
        ("class C:\n    def g(self):\n        return lru_cache(self.f)", "m.C.g"),
    ],
)
def test_a_new_cache_is_found(source, name):
    assert caches("m", ast.parse(source)) == {name}


def test_django_s_cache_is_none_of_functools():
    source = "from django.core.cache import cache\ndef f(): cache.get('x')"
    assert caches("m", ast.parse(source)) == set()


@pytest.mark.parametrize(
    "change",
    [
        "X['a'] = 1", "X.a = 1", "X['a']['b'] = 1", "del X['a']", "X['a'] += 1", "X.append(1)", "X.pop()",
        "X['a'].append(1)", "X.a.b.update({})", "a, X['a'] = 1, 2", "X.setdefault('a', []).append(1)",
        "global X\n    X = 2", "global X\n    X += 1", "X['a']: int = 1",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("begin", "name"),
    [
        ("X = {}", "m.X"),
        ("X: dict = {}", "m.X"),
        ("from kbqa.other import X", "kbqa.other.X"),
        ("class X: ...", "m.X"),
    ],
)
def test_a_global_that_a_function_changes_is_found(begin, change, name):
    wanted = {"m.X"} if change.startswith("global") else {name}
    found = changed_globals("m", ast.parse(f"{begin}\ndef f():\n    {change}"))
    assert wanted <= found


@pytest.mark.parametrize("body", ["X = {}\n    X['a'] = 1", "return X['a']", "Y = X\n    Y = 2", "x.X = 1"])
def test_what_a_function_changes_of_its_own_is_no_global(body):
    assert changed_globals("m", ast.parse(f"X = {{}}\ndef f(x):\n    {body}")) == set()


@pytest.mark.parametrize(
    "change",
    [
        "self.a = 1", "self.a += 1", "self.a['b'] = 1", "self.a.append(1)", "self.a.b = 1", "del self.a",
        "x, self.a = 1, 2", "cls.a = 1", "self.a['b'].add(1)", "self.a: int = 1",
    ],
)  # fmt: skip
def test_a_class_that_changes_its_objects_is_found(change):
    source = f"class C:\n    def __init__(self):\n        self.a = 1\n    def f(self):\n        {change}"
    assert changing_classes("m", ast.parse(source)) == {"m.C"}
    assert changing_classes("m", ast.parse(source.split("    def f", maxsplit=1)[0])) == set()


@pytest.mark.parametrize(
    "value", [[], {}, set(), object(), np.zeros(1), bytearray(), ([],), iter(()), types.SimpleNamespace()]
)
def test_what_can_change_is_no_constant(value):
    assert not is_constant(value)


BEFORE_A_FORK = """
import os, sys, time
from searchapp.celery import app
app.loader.import_default_modules()
app.finalize(auto=True)
from django.db import connections
from searchapp.encoders.registry import load_encoder
from searchapp.encoders.base import EncoderSpec
assert "openvino" in sys.modules, "this shows nothing if the master does not import it"
assert not [each for each in connections.all(initialized_only=True) if each.connection], "a connection"
child = os.fork()
if child == 0:
    texts = load_encoder(EncoderSpec("openvino", "all-MiniLM-L6-v2"))
    os._exit(0 if texts.encode(["a", "b"]).shape == (2, 384) else 1)
for _ in range(600):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        sys.exit(status and 1)
    time.sleep(0.1)
os.kill(child, 9)
sys.exit("The child waits for threads that the fork left behind.")
"""


def test_nothing_is_made_before_a_worker_forks():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEFORE_A_FORK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
