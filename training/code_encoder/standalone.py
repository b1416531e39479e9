"""A function given by its source alone, as corpora of functions hold them."""

from codesearch.parsing.languages import LANGUAGES
from codesearch.parsing.languages import python as python_language
from codesearch.parsing.units import find_definitions

# A method alone is no program in these languages: what has to stand around it, tried in order until the
# syntax is sound.
_SURROUNDINGS = {
    "java": ("{}", "class X {{\n{}\n}}"),
    "javascript": ("{}", "class X {{\n{}\n}}", "x = {{\n{}\n}}", "x = {}"),
    "typescript": ("{}", "class X {{\n{}\n}}", "x = {{\n{}\n}}", "x = {}"),
    "csharp": ("{}", "class X {{\n{}\n}}"),
    "php": ("<?php\n{}", "<?php\nclass X {{\n{}\n}}"),
}


def file_name_for(stem: str, language: str) -> str:
    """A file name with the extension of the language."""
    extensions = {known.name: known.extensions[0] for known in reversed(LANGUAGES)}
    return f"{stem}{extensions.get(language, '.txt')}"


def standalone(code: str, language: str) -> str:
    """A function's source as a file that parses: PHP with its tag, a method in a class where it needs one."""
    tries = [surrounding.format(code) for surrounding in _SURROUNDINGS.get(language, ("{}",))]
    known = next((known for known in LANGUAGES if known.name == language), None)
    if known is None or code.lstrip().startswith("<?"):
        return code
    return next(
        (
            text
            for text in tries
            if not known.parse(text.encode("utf-8", errors="replace")).root_node.has_error
        ),
        tries[0],
    )


def strip_docstrings(code: str) -> str:
    """Python code without the documentation strings of its functions and classes."""
    language = python_language.LANGUAGE
    source = code.encode("utf-8", errors="replace")
    tree = language.parse(source)
    nodes = [tree.root_node, *(definition.node for definition in find_definitions(tree, language))]
    strings = {
        string.start_byte: string.end_byte
        for node in nodes
        if (string := language.documentation_of(node)) is not None
    }
    for start, end in sorted(strings.items(), reverse=True):
        # The line goes with the string, so that no empty line tells where it was.
        head = source[:start].rstrip(b" \t")
        tail = source[end:]
        if tail and not tail.startswith(b"\n"):
            source = source[:start] + tail.lstrip()
        else:
            source = head.removesuffix(b"\n") + tail if head else tail.removeprefix(b"\n")
    return source.decode("utf-8")
