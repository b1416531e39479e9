"""Resolved references beside a reference implementation's: jedi for Python, TypeScript's language server.

A name counts if the other resolves it to anything. It is right where one of the places that define its
symbol is one that the other gives. Precision is of the names that were resolved and not guessed, recall of
those that the other resolves within the folder.
"""

import json
import random
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from codesearch.parsing import language_of, parse_file
from codesearch.references import stored_facts
from codesearch.references.facts import Facts, decoded
from codesearch.references.links import OVERRIDE, FileLinks, Linker

Position = tuple[str, int, int]
"""A path in the folder, a line from 1 and a column from 0; line 0 for a file as a whole."""
OUTSIDE = ("", 0, 0)
_SKIPPED = frozenset(("node_modules", "__pycache__"))


class Oracle(Protocol):
    """What knows the definitions of a language. Its paths are those in the folder; OUTSIDE for others."""

    def definitions(self, at: Position) -> set[Position]:
        """What the name at a position means; empty where it is not known."""


@dataclass
class Tally:
    """How many names were judged, resolved by each side, and resolved alike."""

    judged: int = 0
    expected: int = 0
    said: int = 0
    right: int = 0
    guessed: int = 0
    guessed_right: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the names that were resolved, how many rightly."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Of the names that the other resolves, how many were."""
        return self.right / self.expected if self.expected else 1.0


class LinkedFolder:
    """The files of a language in a folder, linked."""

    def __init__(self, root: Path, language: str) -> None:
        self.root = root
        self.texts: dict[str, str] = {}
        stored: dict[str, bytes] = {}
        for path in _files(root, language):
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            facts = stored_facts(parse_file(path, text), text)
            if facts is not None:
                self.texts[path], stored[path] = text, facts
        self.facts: dict[str, Facts] = {path: decoded(one) for path, one in stored.items()}
        linker = Linker(self.facts.__getitem__, dict.fromkeys(self.facts, language))
        for path, facts_of_file in self.facts.items():
            linker.take(path, facts_of_file)
        self.links: dict[str, FileLinks] = {path: linker.linked(path) for path in self.facts}

    def names(self) -> list[tuple[Position, int]]:
        """All names that refer to something, with their length."""
        return [
            ((path, one.line, one.column), one.length)
            for path, facts in self.facts.items()
            for one in facts.occurrences
        ]

    def resolved(self, at: Position) -> tuple[set[Position], bool]:
        """What the name at a position was resolved to, and whether that is certain."""
        found: set[Position] = set()
        certain = False
        for link in self.links[at[0]].links:
            if (link.line, link.column) == at[1:] and link.role != OVERRIDE:
                certain = certain or link.certain
                for number in link.targets:
                    path, symbol = self.links[at[0]].targets[number]
                    found |= self._places(path, symbol)
        return found, certain

    def _places(self, path: str, symbol: str) -> set[Position]:
        if not symbol:
            return {(path, 0, 0)}
        facts = self.facts[path]
        definitions = (facts.definitions[number] for number in facts.by_symbol[symbol])
        return {(path, one.line, one.column) for one in definitions}


def compare(folder: LinkedFolder, oracle: Oracle, sample: int, seed: int) -> Tally:
    """Compare a random sample of the names of a folder."""
    names = folder.names()
    chosen = sorted(random.Random(seed).sample(names, min(sample, len(names))))
    tally = Tally()
    for at, length in chosen:
        truth = oracle.definitions(at)
        if truth:
            _count(tally, folder, at, length, truth)
    return tally


def _count(tally: Tally, folder: LinkedFolder, at: Position, length: int, truth: set[Position]) -> None:
    found, certain = folder.resolved(at)
    inside = truth - {OUTSIDE}
    is_right = bool(found & inside)
    tally.judged += 1
    tally.expected += bool(inside)
    if found and not certain:
        tally.guessed += 1
        tally.guessed_right += is_right
        return
    tally.said += bool(found)
    tally.right += is_right
    if not is_right and (found or inside):
        path, line, column = at
        name = folder.texts[path].split("\n")[line - 1][column : column + length]
        tally.differences.append(f"{path}:{line}:{column} {name}: {sorted(found)}, not {sorted(truth)}")


def jedi_oracle(root: Path) -> Oracle:
    """Definitions of Python by jedi, a development requirement."""
    import jedi

    return _Jedi(root, jedi, jedi.Project(str(root.parent), added_sys_path=[str(root.parent)]))


class _Jedi:
    def __init__(self, root: Path, jedi: Any, project: Any) -> None:
        self._root, self._project = root.resolve(), project
        self._script: Callable[[str], Any] = partial(_script, jedi, root, project)
        self._opened: tuple[str, Any] = ("", None)

    def definitions(self, at: Position) -> set[Position]:
        """What the name means."""
        if self._opened[0] != at[0]:
            self._opened = (at[0], self._script(at[0]))
        try:
            names = self._opened[1].goto(at[1], at[2], follow_imports=True)
        except Exception:
            return set()
        return {self._position(name) for name in names}

    def _position(self, name: Any) -> Position:
        path = Path(name.module_path).resolve() if name.module_path else None
        if path is None or not path.is_relative_to(self._root):
            return OUTSIDE
        inner = path.relative_to(self._root).as_posix()
        return (inner, 0, 0) if name.type == "module" else (inner, name.line or 0, name.column or 0)


def _script(jedi: Any, root: Path, project: Any, path: str) -> Any:
    return jedi.Script(path=str(root / path), project=project)


class TypeScriptOracle:
    """Definitions of TypeScript by its own language server, over the Language Server Protocol."""

    def __init__(self, root: Path, compiler: Path) -> None:
        self._root, self._opened, self._number = root.resolve(), set[str](), 0
        self._process = subprocess.Popen(
            [str(compiler), "--lsp", "--stdio"],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        uri = self._uri(self._root)
        folders = [{"uri": uri, "name": "root"}]
        self._ask(
            "initialize", {"processId": None, "rootUri": uri, "capabilities": {}, "workspaceFolders": folders}
        )
        self._send({"method": "initialized", "params": {}})

    def __enter__(self) -> "TypeScriptOracle":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def definitions(self, at: Position) -> set[Position]:
        """What the name means."""
        path, line, column = at
        uri = self._uri(self._root / path)
        if path not in self._opened:
            self._opened.add(path)
            text = (self._root / path).read_text(encoding="utf-8")
            opened = {"uri": uri, "languageId": "typescript", "version": 1, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        place = {"textDocument": {"uri": uri}, "position": {"line": line - 1, "character": column}}
        found = self._ask("textDocument/definition", place) or []
        return {self._position(one) for one in (found if isinstance(found, list) else [found])}

    def _position(self, found: dict[str, Any]) -> Position:
        path = Path(unquote((found.get("uri") or found["targetUri"]).removeprefix("file://")))
        start = (found.get("range") or found["targetSelectionRange"])["start"]
        if not path.is_relative_to(self._root):
            return OUTSIDE
        inner = path.relative_to(self._root).as_posix()
        whole = start["line"] == start["character"] == 0
        return (inner, 0, 0) if whole else (inner, start["line"] + 1, start["character"])

    def _uri(self, path: Path) -> str:
        return f"file://{quote(str(path))}"

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._received()
            if "method" in message:
                if "id" in message:
                    self._send({"id": message["id"], "result": None})
            elif message.get("id") == self._number:
                return message.get("result")

    def _received(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise RuntimeError("The language server has ended.")
        return dict(json.loads(self._process.stdout.read(length)))


def _files(root: Path, language: str) -> Iterable[str]:
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        if path.is_file() and language_of(path.name) == language and _SKIPPED.isdisjoint(inner.parts):
            yield inner.as_posix()
