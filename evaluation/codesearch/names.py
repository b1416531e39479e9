"""`compare_names`: which definitions that universal-ctags names are units of the same name and kind."""

import json
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from codesearch.parsing import LANGUAGES, CodeUnit, parse_file
from searchapp.errors import Unavailable

_CLASS, _CALLABLE = frozenset({"class"}), frozenset({"function", "method"})
_VALUE = frozenset({"variable", "constant", "field", "property"})
KINDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("class", "struct", "union", "enum", "interface", "trait", "typedef", "type", "talias", "alias")
        + ("annotation", "record", "delegate", "object", "protocol", "table", "view", "message", "service"),
        _CLASS,
    ),
    **dict.fromkeys(("function", "func", "generator", "procedure", "rpc"), frozenset({"function"})),
    **dict.fromkeys(
        ("method", "singletonMethod", "methodSpec", "getter", "setter", "constructor"), frozenset({"method"})
    ),
    **dict.fromkeys(("macro", "define"), frozenset({"macro", "constant"})),
    **dict.fromkeys(("constant", "const", "enumerator", "enumConstant"), frozenset({"constant"})),
    **dict.fromkeys(("variable", "var", "externvar", "value"), frozenset({"variable", "constant"})),
    **dict.fromkeys(("field", "member"), frozenset({"field", "constant"})),
    **dict.fromkeys(("property", "accessor", "event"), frozenset({"property", "field"})),
}
"""Kinds of units by the name of ctags' kind; kinds that are not here (scopes, imports, locals) do not count."""
# Where ctags itself makes no difference, or a class's and a module's variables are one kind.
OF_LANGUAGE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "Python": {"member": frozenset({"method"}), "variable": _VALUE},
    "C++": {"function": _CALLABLE},
    "Go": {"func": _CALLABLE, "const": frozenset({"constant"})},
    "PHP": {
        "alias": frozenset(),
        "function": _CALLABLE,
        "variable": _VALUE,
        "define": frozenset({"constant"}),
    },
    "Ruby": {"method": _CALLABLE, "singletonMethod": _CALLABLE, "module": _CLASS, "alias": _CALLABLE},
    "Rust": {"enumerator": frozenset({"constant"})},
    # Of an object with functions, ctags makes a class.
    "JavaScript": {
        "class": _CLASS | {"constant", "variable", "property"},
        "property": _VALUE | _CALLABLE,
        "function": _CALLABLE,
        "method": _CALLABLE,
    },
    "TypeScript": {"property": _VALUE | _CALLABLE},
}
_LANGUAGES = frozenset(language.name for language in LANGUAGES)
_SHOWN = 10


class Tag(NamedTuple):
    """A definition as ctags names it."""

    path: str
    language: str
    name: str
    kind: str
    line: int


@dataclass
class Comparison:
    """Of one language: how many definitions ctags names, and those that are no such units."""

    named: int = 0
    differing: list[tuple[Tag, str]] = field(default_factory=list)
    """With the kinds of the units that bear the name, empty for none."""

    @property
    def share(self) -> float:
        """The share of the definitions that are units of the same name and kind."""
        return 1 - len(self.differing) / self.named if self.named else 1.0


def compare_names(folder: Path) -> dict[str, Comparison]:
    """Compare the definitions of a folder's files, by language. Raises Unavailable without ctags."""
    by_path: dict[str, list[Tag]] = defaultdict(list)
    for tag in read_tags(folder):
        by_path[tag.path].append(tag)
    comparisons: dict[str, Comparison] = defaultdict(Comparison)
    for path, tags in sorted(by_path.items()):
        text = (folder / path).read_text(encoding="utf-8", errors="replace")
        parsed = parse_file(path, text)
        if parsed.language not in _LANGUAGES:
            continue
        units = _by_name(parsed.units)
        for tag in tags:
            if _is_include_guard(tag, text) or _is_local(tag, parsed.units):
                continue
            comparison = comparisons[tag.language]
            comparison.named += 1
            kinds = units.get(tag.name, set())
            if not kinds & kinds_of(tag):
                comparison.differing.append((tag, ", ".join(sorted(kinds))))
    return dict(comparisons)


def read_tags(folder: Path) -> Iterator[Tag]:
    """The definitions that ctags names in a folder's files.

    What has no name is left out. Raises Unavailable.
    """
    program = shutil.which("ctags")
    if program is None:
        raise Unavailable("There is no ctags: install universal-ctags.")
    options = ["--recurse", "--output-format=json", "--fields=+nKl", "--links=no", "-f", "-"]
    done = subprocess.run([program, *options, "."], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        raise Unavailable(f"ctags finds nothing in {folder}: {done.stderr.strip()[:300]}")
    for line in done.stdout.splitlines():
        row = json.loads(line)
        # `operator ==` for `operator==`.
        name = re.sub(r"^operator (?=\W)", "operator", row["name"])
        tag = Tag(row["path"].removeprefix("./"), row["language"], name, row["kind"], row.get("line", 0))
        if kinds_of(tag) and not tag.name.startswith(("__anon", "anonymous", "Anonymous")):
            yield tag


def kinds_of(tag: Tag) -> frozenset[str]:
    """The kinds of units that a definition may be; empty where it is none."""
    return OF_LANGUAGE.get(tag.language, {}).get(tag.kind, KINDS.get(tag.kind, frozenset()))


def differences(comparison: Comparison) -> list[str]:
    """What differs most often, a line a kind with some examples."""
    groups = Counter((tag.kind, units or "nothing") for tag, units in comparison.differing)
    lines = []
    for (kind, units), count in groups.most_common(_SHOWN):
        examples = [
            f"{tag.name} ({tag.path}:{tag.line})"
            for tag, found in comparison.differing
            if (tag.kind, found or "nothing") == (kind, units)
        ]
        lines.append(f"  {count} x {kind} is {units}: {', '.join(examples[:3])}")
    return lines


def _is_local(tag: Tag, units: list[CodeUnit]) -> bool:
    """Whether a variable, or an object that ctags takes for a class, is declared inside of a function."""
    if not kinds_of(tag) & _VALUE:
        return False
    return any(unit.start_line < tag.line <= unit.end_line for unit in units if unit.kind in _CALLABLE)


def _is_include_guard(tag: Tag, text: str) -> bool:
    """Whether a macro is defined to nothing, and only where it is not yet."""
    guard = rf"^\s*#\s*ifndef\s+{re.escape(tag.name)}\s*\n\s*#\s*define\s+{re.escape(tag.name)}\s*$"
    return tag.kind == "macro" and bool(re.search(guard, text, re.MULTILINE))


def _by_name(units: list[CodeUnit]) -> dict[str, set[str]]:
    """The kinds of a file's units by name."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        kinds[unit.name].add(unit.kind)
    return kinds
