"""Other text → passages, cut at the text's own structure: headings, keys, statements, blank lines."""

import re
from pathlib import PurePosixPath

from codesearch.parsing.base import CodeUnit

_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "markdown": ("Markdown", (".md", ".markdown", ".mdx")),
    "rst": ("reStructuredText", (".rst",)),
    "text": ("Text", (".txt", ".adoc", ".org", ".tex")),
    "sql": ("SQL", (".sql",)),
    "yaml": ("YAML", (".yml", ".yaml")),
    "toml": ("TOML", (".toml",)),
    "json": ("JSON", (".json", ".jsonc", ".json5")),
    "ini": ("Configuration", (".ini", ".cfg", ".conf", ".properties", ".env", ".editorconfig")),
    "xml": ("XML", (".xml", ".xsd", ".svgx", ".csproj", ".pom")),
    "html": ("HTML", (".html", ".htm", ".jinja", ".jinja2", ".j2", ".vue", ".svelte", ".erb", ".hbs")),
    "css": ("CSS", (".css", ".scss", ".sass", ".less")),
    "shell": ("Shell", (".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat")),
    "graphql": ("GraphQL", (".graphql", ".gql")),
    "protobuf": ("Protocol Buffers", (".proto",)),
    "terraform": ("Terraform", (".tf", ".tfvars")),
    "code": (
        "Other code",
        (
            ".kt", ".kts", ".scala", ".swift", ".lua", ".pl", ".pm", ".r", ".jl", ".ex", ".exs", ".erl",
            ".hs", ".clj", ".dart", ".zig", ".m", ".mm", ".vim", ".el", ".groovy", ".gradle", ".cmake",
        ),
    ),
}  # fmt: skip
_NAMES = {
    "Makefile": "shell",
    "Dockerfile": "shell",
    "CMakeLists.txt": "code",
    "README": "text",
    "LICENSE": "text",
    "CHANGELOG": "text",
    "Procfile": "shell",
    "Jenkinsfile": "code",
    "Vagrantfile": "code",
}
_BY_EXTENSION = {extension: name for name, (_, extensions) in _FORMATS.items() for extension in extensions}
TEXT_LABELS = {name: label for name, (label, _) in _FORMATS.items()}

# Where a passage may begin: a heading, a table, a key at the left margin, the line after a statement's end.
_BOUNDARIES = {
    "markdown": re.compile(r"^#{1,6}\s"),
    "sql": re.compile(r"^(create|alter|insert|select|update|delete|drop|with|grant)\b", re.IGNORECASE),
    "yaml": re.compile(r"^[\w\"'.-]+\s*:"),
    "toml": re.compile(r"^\["),
    "ini": re.compile(r"^\["),
    "json": re.compile(r"^ {0,4}\""),
    "graphql": re.compile(r"^\w"),
    "protobuf": re.compile(r"^\w"),
    "terraform": re.compile(r"^\w"),
    "code": re.compile(r"^\w"),
}
_RST_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.])\1{2,}\s*$")
_MAX_LINES = 50
_MIN_LINES = 6
_MAX_PASSAGES = 400


def text_language(path: str) -> str | None:
    """Format of a text file by its name, or None if it is no text worth reading."""
    pure = PurePosixPath(path)
    return _BY_EXTENSION.get(pure.suffix.lower()) or _NAMES.get(pure.name)


def passages_of(path: str, text: str, language: str) -> list[CodeUnit]:
    """Passages of a text, each at least a few and at most 50 lines, named by their first line."""
    lines = text.splitlines()
    starts = _starts(lines, language)
    passages = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = "\n".join(lines[start:end]).strip()
        if body:
            passages.append(_passage(path, body, start + 1, end))
    return passages[:_MAX_PASSAGES]


def _starts(lines: list[str], language: str) -> list[int]:
    """Indices of the lines at which passages begin."""
    headings = language in ("markdown", "rst")
    starts = [0]
    blank = 0
    for index in range(1, len(lines)):
        length = index - starts[-1]
        if not lines[index - 1].strip():
            blank = index
        if _is_boundary(lines, index, language) and length >= (1 if headings else _MIN_LINES):
            starts.append(index)
        elif length >= _MAX_LINES:
            starts.append(blank if blank > starts[-1] + _MIN_LINES else index)
    return starts


def _is_boundary(lines: list[str], index: int, language: str) -> bool:
    if language == "rst":
        return (
            index + 1 < len(lines)
            and bool(lines[index].strip())
            and bool(_RST_UNDERLINE.match(lines[index + 1]))
        )
    pattern = _BOUNDARIES.get(language)
    if pattern is None:
        return not lines[index - 1].strip() and bool(lines[index].strip())
    return bool(pattern.match(lines[index]))


def _passage(path: str, body: str, start_line: int, end_line: int) -> CodeUnit:
    first = body.split("\n", 1)[0].strip(" #=-*\"'{[<>/:")
    name = first[:200] or PurePosixPath(path).name
    return CodeUnit(
        "passage", name, f"{PurePosixPath(path).name}: {name}"[:500], "", "", body, start_line, end_line
    )
