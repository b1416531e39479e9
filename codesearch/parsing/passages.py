"""Other text → passages, cut at the text's own structure: headings, keys, statements, blank lines."""

import re
from pathlib import PurePosixPath

from codesearch.parsing.base import CodeUnit

_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "markdown": ("Markdown", (".md", ".markdown", ".mdx")),
    "rst": ("reStructuredText", (".rst",)),
    "text": ("Text", (".txt", ".adoc", ".asciidoc", ".org", ".tex", ".pod", ".csv", ".tsv")),
    "sql": ("SQL", (".sql",)),
    "yaml": ("YAML", (".yml", ".yaml")),
    "toml": ("TOML", (".toml",)),
    "json": ("JSON", (".json", ".jsonc", ".json5", ".webmanifest")),
    "ini": ("Configuration", (".ini", ".cfg", ".conf", ".properties", ".strings", ".reg", ".service")),
    "xml": (
        "XML",
        (
            ".xml", ".xsd", ".xsl", ".xslt", ".svgx", ".csproj", ".vbproj", ".fsproj", ".props", ".targets",
            ".pom", ".plist", ".resx", ".xaml", ".storyboard", ".wsdl", ".xib",
        ),
    ),
    "html": (
        "HTML",
        (
            ".html", ".htm", ".xhtml", ".jinja", ".jinja2", ".j2", ".vue", ".svelte", ".astro", ".erb",
            ".hbs",
            ".handlebars", ".mustache", ".ejs", ".pug", ".haml", ".slim", ".twig", ".liquid", ".njk",
            ".jsp", ".cshtml", ".razor", ".vbhtml", ".tmpl",
        ),
    ),
    "css": ("CSS", (".css", ".scss", ".sass", ".less")),
    "shell": (
        "Shell",
        (".sh", ".bash", ".zsh", ".ksh", ".fish", ".ps1", ".psm1", ".bat", ".cmd", ".awk", ".mk",
         ".dockerfile"),
    ),
    "graphql": ("GraphQL", (".graphql", ".gql")),
    "protobuf": ("Protocol Buffers", (".proto",)),
    "terraform": ("Terraform", (".tf", ".tfvars", ".hcl", ".nomad")),
    "code": (
        "Other code",
        (
            ".kt", ".kts", ".scala", ".sc", ".swift", ".lua", ".pl", ".pm", ".t", ".r", ".jl", ".ex", ".exs",
            ".erl", ".hrl", ".hs", ".lhs", ".clj", ".cljs", ".cljc", ".edn", ".dart", ".zig", ".m", ".mm",
            ".vim", ".el", ".lisp", ".cl", ".scm", ".rkt", ".groovy", ".gradle", ".cmake", ".cu", ".cuh",
            ".inl", ".sol", ".f", ".for", ".f90", ".f95", ".f03", ".f08", ".pas", ".pp", ".dpr", ".vb",
            ".vbs", ".bas", ".cls", ".fs", ".fsi", ".fsx", ".ml", ".mli", ".nim", ".d", ".cr", ".v", ".sv",
            ".svh", ".vhd", ".vhdl", ".pyx", ".pxd", ".pxi", ".prisma", ".nix", ".bzl", ".bazel", ".star",
            ".asm", ".s", ".wat", ".tcl", ".ada", ".adb", ".ads", ".cob", ".cbl", ".coffee", ".elm", ".purs",
            ".res", ".hx", ".gd", ".glsl", ".vert", ".frag", ".hlsl", ".wgsl", ".metal", ".thrift", ".rego",
            ".cue", ".jsonnet", ".libsonnet", ".dhall", ".applescript", ".as", ".apex", ".trigger", ".mod",
        ),
    ),
}  # fmt: skip
_NAMES = {
    "Makefile": "shell",
    "makefile": "shell",
    "GNUmakefile": "shell",
    "Dockerfile": "shell",
    "Containerfile": "shell",
    "Justfile": "shell",
    "justfile": "shell",
    ".env.example": "ini",
    ".env.sample": "ini",
    ".env.template": "ini",
    ".env.dist": "ini",
    ".editorconfig": "ini",
    ".gitattributes": "ini",
    ".gitmodules": "ini",
    ".dockerignore": "ini",
    ".flake8": "ini",
    ".pylintrc": "ini",
    ".coveragerc": "ini",
    ".babelrc": "json",
    ".eslintrc": "json",
    ".prettierrc": "json",
    "CODEOWNERS": "ini",
    "Pipfile": "toml",
    "go.work": "code",
    "BUILD": "code",
    "WORKSPACE": "code",
    "Tiltfile": "code",
    "meson.build": "code",
    "CMakeLists.txt": "code",
    "NOTICE": "text",
    "AUTHORS": "text",
    "CONTRIBUTING": "text",
    "COPYING": "text",
    "TODO": "text",
    "README": "text",
    "LICENSE": "text",
    "CHANGELOG": "text",
    "Procfile": "shell",
    "Jenkinsfile": "code",
    "Vagrantfile": "code",
}
_STEMS = {"Dockerfile": "shell", "Containerfile": "shell", "Jenkinsfile": "code"}
"""Names that may have any extension: `Dockerfile.dev`."""
_INTERPRETERS = {
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "dash": "shell",
    "ksh": "shell",
    "ash": "shell",
    "fish": "shell",
    "awk": "shell",
    "make": "shell",
    "pwsh": "shell",
    "perl": "code",
    "lua": "code",
    "Rscript": "code",
    "tclsh": "code",
    "groovy": "code",
    "elixir": "code",
    "julia": "code",
    "swift": "code",
    "kotlin": "code",
    "scala": "code",
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
    return (
        _NAMES.get(pure.name)
        or _BY_EXTENSION.get(pure.suffix.lower())
        or _STEMS.get(pure.name.partition(".")[0])
    )


def interpreted_language(interpreter: str) -> str | None:
    """Format of a script by the program that runs it, as its first line names it."""
    return _INTERPRETERS.get(interpreter)


def passages_of(path: str, text: str, language: str) -> list[CodeUnit]:
    """Passages of a text, each at least a few and at most 50 lines, named by their first line.

    Of a text that is so long that they would be too many, each is several of those.
    """
    # As everywhere, a line ends with a line feed alone: form feeds and the like stand within lines.
    lines = text.removesuffix("\n").split("\n")
    starts = _starts(lines, language)
    starts = starts[:: -(-len(starts) // _MAX_PASSAGES)]
    passages = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = "\n".join(lines[start:end]).strip()
        if body:
            passages.append(_passage(path, body, start + 1, end))
    return passages


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
    first = body.split("\n", 1)[0].strip(" \f\v#=-*\"'{[<>/:")
    name = first[:200] or PurePosixPath(path).name
    return CodeUnit(
        "passage", name, f"{PurePosixPath(path).name}: {name}"[:500], "", "", body, start_line, end_line
    )
