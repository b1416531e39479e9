"""Ruby."""

import tree_sitter_ruby

from codesearch.parsing.base import Language

LANGUAGE = Language(
    name="ruby",
    label="Ruby",
    extensions=(".rb", ".rake", ".gemspec", ".ru"),
    grammar=tree_sitter_ruby.language,
    functions=frozenset({"method", "singleton_method"}),
    classes=frozenset({"class", "module"}),
    separator="::",
)
