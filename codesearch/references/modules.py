"""Which file an import means: the file systems of the languages' module names."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from posixpath import normpath

from codesearch.references.facts import MODULE, Facts, Kind

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte")
_SCRIPT_LANGUAGES = frozenset(("typescript", "javascript", "tsx", "vue", "svelte"))
_SHARING = frozenset(("java", "go", "csharp", "c", "cpp", "rust"))
"""Languages in which a file sees what the files beside it define."""
_FAMILIES = {"cpp": "c"}
_WRITTEN_AS = {".js": (".ts", ".tsx", ".d.ts"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}


class Modules:
    """The files of a repository by the names that imports know them by."""

    def __init__(self, languages: dict[str, str]) -> None:
        """Take the language of each path."""
        self.paths = frozenset(languages)
        self.languages = languages
        self._python: dict[str, list[str]] = defaultdict(list)
        self._packages: set[str] = set()
        self._folders: set[str] = set()
        self._defining: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._ends: dict[str, list[str]] = defaultdict(list)
        for path, language in languages.items():
            self._ends[PurePosixPath(path).name].append(path)
            self._folders.add(str(PurePosixPath(path).parent))
            if language == "python":
                self._add_python(path)

    def found(self, path: str, written: str) -> str | None:
        """The file that an import in the file `path` means; a name with a slash at its end for a package
        without a file of its own; None for what is not in the repository."""
        language = self.languages.get(path, "")
        if language == "python":
            return self._python_module(path, written)
        if language in _SCRIPT_LANGUAGES:
            return self._script(path, written)
        if language in ("c", "cpp"):
            return self._included(path, written)
        if language == "java":
            return self._ending(path, written.replace(".", "/") + ".java")
        return self._go_package(written) if language == "go" else None

    def below(self, package: str, name: str) -> str | None:
        """The module `name` in a package that is a file or, with a slash at its end, none."""
        if not package.endswith("/"):
            folder, file = str(PurePosixPath(package).parent), PurePosixPath(package).name
            if not file.startswith("__init__."):
                return None
            near = "" if folder == "." else f"{folder}/"
            return self._first(
                f"{near}{name}{end}" for end in (".py", ".pyi", "/__init__.py", "/__init__.pyi")
            )
        dotted = f"{package[:-1]}.{name}"
        return next(iter(self._python.get(dotted, ())), f"{dotted}/" if dotted in self._packages else None)

    def inside(self, package: str, name: str) -> list[str]:
        """The files of a folder, with a slash at its end, that define a name."""
        known = self._defining.get(("go", name), ())
        return [path for path in known if f"{PurePosixPath(path).parent}/" == package]

    def parts_of(self, path: str, name: str) -> list[str]:
        """The other files that may hold members of a class of the file `path`."""
        language = self.languages[path]
        family = _FAMILIES.get(language, language)
        known = [other for other in self._defining.get((family, name), ()) if other != path]
        folder = PurePosixPath(path).parent
        return [other for other in known if family != "go" or PurePosixPath(other).parent == folder][:8]

    def take(self, path: str, facts: Facts) -> None:
        """Get to know the names that a file defines, where files of its language see each other's."""
        language = self.languages[path]
        if language not in _SHARING:
            return
        for name, numbers in facts.members.get(MODULE, {}).items():
            if any(facts.definitions[number].kind != Kind.IMPORT for number in numbers):
                self._defining[_FAMILIES.get(language, language), name].append(path)

    def shares_names(self, path: str) -> bool:
        """Whether files of this one's language see names of others that they do not import one by one."""
        return self.languages.get(path, "") in _SHARING

    def seen_from(self, path: str, name: str) -> list[str]:
        """The files that define a name and that the file `path` may mean, the nearest first."""
        language = self.languages.get(path, "")
        if language not in _SHARING:
            return []
        known = self._defining.get((_FAMILIES.get(language, language), name), [])
        folder = PurePosixPath(path).parent
        return [other for other in known if PurePosixPath(other).parent == folder][:4]

    def _first(self, paths: Iterable[str]) -> str | None:
        return next((path for path in paths if path in self.paths), None)

    def _add_python(self, path: str) -> None:
        parts = list(PurePosixPath(path).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        for start in self._starts(path, len(parts)):
            name = ".".join(parts[start:])
            if name and path not in self._python[name]:
                self._python[name].append(path)
            for end in range(start + 1, len(parts)):
                self._packages.add(".".join(parts[start:end]))

    def _starts(self, path: str, depth: int) -> list[int]:
        """Where the name of a module may begin: at the root, below what is no package, in its own folder."""
        folders = PurePosixPath(path).parts[:-1]
        is_package = [
            any(
                "/".join([*folders[: end + 1], file]) in self.paths
                for file in ("__init__.py", "__init__.pyi")
            )
            for end in range(len(folders))
        ]
        first = len(folders)
        while first and is_package[first - 1]:
            first -= 1
        return sorted(
            {start for start in (0, first, int(bool(folders) and folders[0] == "src")) if start < depth}
        )

    def _python_module(self, path: str, written: str) -> str | None:
        name = written.lstrip(".")
        level = len(written) - len(name)
        if level:
            folder = PurePosixPath(path).parent
            for _ in range(level - 1):
                folder = folder.parent
            base = "" if str(folder) == "." else f"{folder}/"
            if not name:
                return self._first(f"{base}__init__{end}" for end in (".py", ".pyi"))
            inner = base + name.replace(".", "/")
            return self._first(f"{inner}{end}" for end in (".py", ".pyi", "/__init__.py", "/__init__.pyi"))
        known = self._python.get(name)
        if known:
            return max(known, key=lambda other: (_shared(path, other), other.endswith(".py"), -len(other)))
        return f"{name}/" if name in self._packages else None

    def _script(self, path: str, written: str) -> str | None:
        if written.startswith("."):
            return self._script_file(normpath(f"{PurePosixPath(path).parent}/{written}"))
        for mark in ("@/", "~/", "src/"):
            if written.startswith(mark):
                rest = written[len(mark) :]
                for folder in PurePosixPath(path).parents:
                    near = "" if str(folder) == "." else f"{folder}/"
                    found = self._script_file(f"{near}src/{rest}") or self._script_file(f"{near}{rest}")
                    if found:
                        return found
        return None

    def _script_file(self, base: str) -> str | None:
        pure = PurePosixPath(base)
        swapped = (
            [str(pure.with_suffix(end)) for end in _WRITTEN_AS.get(pure.suffix, ())] if pure.name else []
        )
        names = [
            *swapped,
            base,
            *(base + end for end in _SCRIPTS),
            *(f"{base}/index{end}" for end in _SCRIPTS),
        ]
        return self._first(name.removeprefix("./") for name in names)

    def _included(self, path: str, written: str) -> str | None:
        beside = normpath(f"{PurePosixPath(path).parent}/{written}")
        return beside if beside in self.paths else self._ending(path, written)

    def _go_package(self, written: str) -> str | None:
        """The folder whose path is the longest end of an import's."""
        parts = written.split("/")
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((f"{end}/" for end in ends if end in self._folders), None)

    def _ending(self, path: str, written: str) -> str | None:
        same_name = self._ends.get(PurePosixPath(written).name, ())
        fitting = [other for other in same_name if other == written or other.endswith(f"/{written}")]
        return max(fitting, key=lambda other: (_shared(path, other), -len(other)), default=None)


def _shared(path: str, other: str) -> int:
    """How many folders two paths have in common."""
    shared = 0
    for one, two in zip(PurePosixPath(path).parts[:-1], PurePosixPath(other).parts[:-1], strict=False):
        if one != two:
            break
        shared += 1
    return shared
