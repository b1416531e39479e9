"""The table of languages whose names are read."""

import logging
from collections.abc import Callable

from tree_sitter import Node

from codesearch.parsing import ParsedFile
from codesearch.references.facts import Facts, encoded
from codesearch.references.nominal import nominal_facts
from codesearch.references.nominal_languages import NOMINAL
from codesearch.references.python import python_facts
from codesearch.references.script import script_facts

logger = logging.getLogger(__name__)

Reader = Callable[[Node, bytes], Facts]

READERS: dict[str, Reader] = {
    "python": python_facts,
    "javascript": lambda root, source: script_facts("javascript", root, source),
    "typescript": lambda root, source: script_facts("typescript", root, source),
    **{
        name: lambda root, source, language=language: nominal_facts(language, root, source)  # type: ignore[misc]
        for name, language in NOMINAL.items()
    },
}


def stored_facts(parsed: ParsedFile, text: str) -> bytes | None:
    """The facts of a file as they are stored; None where nothing reads its language."""
    read = READERS.get(parsed.language)
    if read is None or parsed.tree is None:
        return None
    try:
        return encoded(read(parsed.tree.root_node, text.encode("utf-8", errors="replace")))
    except RecursionError:
        logger.info("A file of %s is nested too deeply for its references to be read.", parsed.language)
        return None
