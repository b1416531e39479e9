"""The languages, one module each. To add one: a module with a `LANGUAGE`, and its name in this table."""

from codesearch.parsing.base import Language
from codesearch.parsing.languages import (
    c,
    cpp,
    csharp,
    go,
    java,
    javascript,
    php,
    python,
    ruby,
    rust,
    typescript,
)

LANGUAGES: tuple[Language, ...] = (
    python.LANGUAGE,
    javascript.LANGUAGE,
    typescript.LANGUAGE,
    typescript.TSX,
    java.LANGUAGE,
    go.LANGUAGE,
    php.LANGUAGE,
    ruby.LANGUAGE,
    rust.LANGUAGE,
    c.LANGUAGE,
    cpp.LANGUAGE,
    csharp.LANGUAGE,
)
