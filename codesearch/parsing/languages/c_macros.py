"""Macros of C and C++ that no grammar can know: a source with blanks for those that stand in the way.

`class EXPORT Box {`, `int get() LOCKS(mutex_) {` and `API int get();` are read as if `EXPORT`,
`LOCKS(mutex_)` and `API` were not there. By convention such macros are in capitals; comments and strings stay
as they are.
"""

import re

_MACRO = rb"\b(?>[A-Z_][A-Z0-9_]{2,})\b"
_ARGUMENTS = rb"\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\)"
_QUALIFIERS = rb"(?:const|noexcept|override|final|volatile|&&?)"
# What makes the word after it the name of a type, not a macro.
_BEFORE_TYPE = frozenset(
    b"""struct class union enum typename const volatile static inline extern constexpr virtual friend typedef
    return new delete throw case goto else unsigned signed register mutable explicit sizeof using namespace
    define undef ifdef ifndef if elif defined""".split()
)
_TAGS = frozenset({b"struct", b"class", b"union", b"enum", b"typename", b"case", b"goto"})
_SKIPPED = re.compile(
    rb"""//[^\n]*
       | /\*.*?(?:\*/|\Z)
       | R"(?P<mark>[^()\s\\]{0,16})\(.*?(?:\)(?P=mark)"|\Z)
       | "(?:[^"\\\n]|\\.)*"
       | '(?:[^'\\\n]|\\.)*'
       | ^[ \t]*\#(?:[^\n\\/]|\\(?:\r?\n|.)|/(?![/*]))*""",
    re.DOTALL | re.VERBOSE | re.MULTILINE,
)
_IN_THE_WAY = tuple(
    re.compile(pattern, re.VERBOSE | re.MULTILINE)
    for pattern in (
        # Between `class` and its name.
        rb"(?<=\bclass\ )(?:%(macro)s(?:%(arguments)s)?\s+)+(?=[A-Za-z_][\w:]*\s*(?:[{:;<]|final\b))",
        rb"(?<=\bstruct\ )(?:%(macro)s(?:%(arguments)s)?\s+)+(?=[A-Za-z_][\w:]*\s*(?:[{:<]|final\b))",
        rb"(?<=\bunion\ )(?:%(macro)s(?:%(arguments)s)?\s+)+(?=[A-Za-z_]\w*\s*\{)",
        rb"(?<=\benum\ )(?:%(macro)s(?:%(arguments)s)?\s+)+(?=[A-Za-z_]\w*\s*\{)",
        # Between a list of parameters and the body.
        rb"(?<=\))(?:\s*%(qualifiers)s(?![\w]))*(?:\s*%(macro)s(?:\s*%(arguments)s)?)+"
        rb"(?=\s*(?:%(qualifiers)s\s*)*(?:[{;]|=\s*(?:0|default|delete)\b|:\s*\w+\s*[({]))",
        # Behind the name of a field.
        rb"(?<=[\w*&>]\ )(?<!return\ )\b(?:PT_)?GUARDED_BY%(arguments)s(?=\s*[;={])",
        # Alone in a line, behind a statement's end.
        rb"(?<=[;{}>:\n])(?:[ \t]*\r?\n[ \t]*%(macro)s(?:[ \t]*%(arguments)s)?[ \t]*)+"
        rb"(?=\r?\n\s*(?:[A-Za-z_\#~}\[]|/[/*]))",
    )
    for pattern in [pattern % {b"macro": _MACRO, b"arguments": _ARGUMENTS, b"qualifiers": _QUALIFIERS}]
)
# A condition among the parameters of a template, read as a parameter without a name.
_PARAMETER = re.compile(rb"(?<=[,<\s])[A-Z_]*(?:ENABLE_IF|REQUIRES)[A-Z_]*(?P<rest>\()(?=[^;{}]{0,600}>)")
# Before a type, or between a type and a name.
_BEFORE_DECLARATOR = re.compile(
    rb"(?P<macro>" + _MACRO + rb"(?:" + _ARGUMENTS + rb")?)[ \t\r\n]+"
    rb"(?=(?P<type>(?:(?:static|inline|extern|const|constexpr|unsigned|signed|long|short|struct|class|enum|union"
    rb"|virtual|explicit|auto|void|bool|char|int|float|double)\b[ \t\r\n*&]*)+)?"
    rb"(?P<first>[A-Za-z_~][\w:]*(?:<[^;{}()]{0,200}>)?)(?P<second>[ \t\r\n*&]+[A-Za-z_~][\w:~]*)?"
    rb"[ \t]*(?P<end>[(;=\[{,]))"
)
# What these say in their names, they say before constructors, too.
_SPECIFIERS = re.compile(
    rb"CONSTEXPR|INLINE|EXPORT|EXPLICIT|DEPRECATED|NODISCARD|NORETURN|UNUSED|_API$|_HOST|_DEVICE"
)
_WORD_BEFORE = re.compile(rb"([A-Za-z_]\w*)(?:[ \t]+|[ \t]*[*&>]+[ \t]*)$")
_CHARACTERS_BEFORE = 80


def without_macros(source: bytes) -> bytes:
    r"""The source, each macro that stands in the way of a declaration as blanks of its length.

    >>> without_macros(b"class API Box {\n  int get() LOCKS(mutex) {")
    b'class     Box {\n  int get()              {'
    >>> without_macros(b"API int get(int x);"), without_macros(b"int CALL get(int x);")
    (b'    int get(int x);', b'int      get(int x);')
    >>> without_macros(b"struct POINT get();"), without_macros(b"// class API Box {")
    (b'struct POINT get();', b'// class API Box {')
    """
    code = _SKIPPED.sub(lambda match: _hidden(match[0]), source)
    changed = bytearray(source)
    for pattern in _IN_THE_WAY:
        code = pattern.sub(lambda match: _blank(match, changed), code)
    code = _parameters(code, changed)
    # With the one before a name out of the way, the one before the type is seen: `API Doc CALL parse(`.
    for _ in range(2):
        code = _BEFORE_DECLARATOR.sub(lambda match: _before_declarator(match, changed), code)
    return bytes(changed)


_DEFINED = re.compile(
    rb"^(?P<macro>" + _MACRO + rb"\()(?P<name>\s*[A-Za-z_]\w*\s*)(?P<comma>,)(?=[^;{}]{0,1000}\)\s*\{)",
    re.MULTILINE,
)


def with_functions(source: bytes) -> bytes:
    """The source, its length kept, what macros define at the left margin written as functions.

    >>> with_functions(b"SYSCALL_DEFINE3(read, int, fd) {")
    b'int             read( int, fd) {'
    """
    return _DEFINED.sub(lambda match: b"int".ljust(len(match["macro"])) + match["name"] + b"(", source)


_CONDITION = re.compile(
    rb"^[ \t]*\#[ \t]*(?P<word>ifdef|ifndef|if|elif|else|endif)\b(?:[^\n\\]|\\(?:\r?\n|.))*",
    re.MULTILINE | re.DOTALL,
)


def without_conditions(source: bytes) -> bytes:
    r"""The source with what stands below `#else` and `#elif`, and these lines themselves, as blanks.

    A brace that two branches open is then opened once. Of `#if 0`, the other branch
    stays.

    >>> without_conditions(b"#if A\nif (a) {\n#else\nif (b) {\n#endif\n}").split()
    [b'if', b'(a)', b'{', b'}']
    """
    changed = bytearray(source)
    # For each condition around: whether its text is left out now, and whether one of its branches was kept.
    around: list[tuple[bool, bool]] = []
    position = 0
    for match in _CONDITION.finditer(source):
        if any(is_out for is_out, _ in around):
            changed[position : match.start()] = _spaces(source[position : match.start()])
        changed[match.start() : match.end()] = _spaces(match[0])
        position = match.end()
        word = match["word"]
        if word.startswith(b"if"):
            is_out = bool(re.match(rb"\s*#\s*if\s+0\b", match[0]))
            around.append((is_out, not is_out))
        elif around and word == b"endif":
            around.pop()
        elif around:
            around[-1] = (around[-1][1], True)
    return bytes(changed)


def _hidden(text: bytes) -> bytes:
    """Comments as blanks, strings and directives as what no pattern takes for a name; lines stay."""
    if text.startswith((b"//", b"/*")):
        return re.sub(rb"[^\n]", b" ", text)
    return re.sub(rb"[^\n]", b"#", text)


def _blank(match: "re.Match[bytes]", changed: bytearray) -> bytes:
    """Blank what a pattern took but qualifiers, in the code and in the source alike."""
    text = re.sub(_MACRO + rb"(?:\s*" + _ARGUMENTS + rb")?", lambda part: _spaces(part[0]), match[0])
    changed[match.start() : match.end()] = text
    return text


def _spaces(text: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", text)


def _parameters(code: bytes, changed: bytearray) -> bytes:
    """Read each condition of a template as a parameter: `class` and blanks."""
    read = bytearray(code)
    for match in _PARAMETER.finditer(code):
        end = _closing(code, match.start("rest"))
        if end and code[end : end + 80].lstrip()[:1] in (b",", b">"):
            text = b"class" + _spaces(code[match.start() + 5 : end])
            read[match.start() : end] = changed[match.start() : end] = text
    return bytes(read)


def _closing(code: bytes, start: int) -> int:
    """Where the parenthesis that opens at `start` has closed, 0 if it does not soon."""
    depth = 0
    for index in range(start, min(len(code), start + 600)):
        depth += {40: 1, 41: -1}.get(code[index], 0)
        if not depth:
            return index + 1
    return 0


def _before_declarator(match: "re.Match[bytes]", changed: bytearray) -> bytes:
    if not _is_in_the_way(match):
        return match[0]
    start, end = match.span("macro")
    changed[start:end] = _spaces(match["macro"])
    return bytes(changed[match.start() : match.end()])


def _is_in_the_way(match: "re.Match[bytes]") -> bool:
    """Whether a word in capitals before a declarator is neither its type nor a statement's beginning."""
    start = match.start()
    found = _WORD_BEFORE.search(match.string[max(0, start - _CHARACTERS_BEFORE) : start])
    before = found[1] if found else b""
    if match["type"] or match["second"]:
        return before not in _TAGS and match["end"] in (b"(", b";", b"=", b"[")
    if _SPECIFIERS.search(match["macro"]) and match["end"] == b"(":
        return before not in _TAGS
    # A type stands before it and a function's name after it: `int CALL get(`.
    return bool(before) and before not in _BEFORE_TYPE and match["end"] == b"("
