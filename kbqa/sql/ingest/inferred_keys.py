"""Keys that a database does not declare, from what its tables and columns are called."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table, readable

_MAX_COMPARED = 200
"""Among how many tables shared columns are looked for: all pairs are."""
_OF_KEYS = frozenset({"id", "code", "key", "no", "number"})
_SAYS_NOTHING = _OF_KEYS | {"name", "type", "date", "year"}
_DESCRIBES = frozenset(
    (
        "name", "type", "date", "year", "description", "details", "address", "email", "phone", "city",
        "country", "state", "location", "title", "status", "amount", "price", "gender", "sex", "age",
    )
)  # fmt: skip
"""Last words of columns that many tables have, without meaning the same thing."""
_IDENTIFYING = frozenset(("id", "code", "key", "number", "symbol", "isbn"))
_ENDINGS = ("key", "code", "isbn")
_FLAGGING = ("is", "has", "was", "can", "may", "should")
"""First words of columns that say whether something is so."""
_OF_RECORDS = frozenset(
    (
        "created", "updated", "modified", "modifieddate", "createdat", "updatedat", "lastupdate", "deleted",
        "inserted", "changed", "timestamp", "version", "revision", "active", "enabled", "flag", "note",
        "notes", "comment", "comments", "remark", "remarks",
    )
)  # fmt: skip
"""Words of columns that tell of a record, whatever it is of: when it was written, whether it counts."""
_LONG = re.compile(r"BLOB|BYTEA|BINARY|CLOB|JSON|XML|(?:MEDIUM|LONG)TEXT|REAL|FLOA|DOUB", re.IGNORECASE)
"""Declarations of what nobody refers to a row by."""
_OF_ROWS = ("row", "guid", "rowguid")
_WORDS_OF_NAME, _MIN_ENDING_LENGTH = 3, 4
"""Longer names may begin with a role (`home team api id`); least length of a table's ending (`hero`)."""
_MAX_PREFIX_LENGTH, _PREFIXED = 2, 0.8
"""Greatest length of a prefix of columns (`o_orderkey`); the least share of a table's columns that has it."""


def all_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """The declared keys, those that names tell of, and what joins tables that these leave apart."""
    by_schema = defaultdict(list)
    for table in tables:
        by_schema[table.schema if table.qualified else ""].append(table)
    if len(by_schema) > 1:
        return _keys_across(list(by_schema.values()), declared)
    keys = [*declared, *inferred_keys(tables, declared)]
    for more in (shortened_names, shared_identifiers, named_tables):
        before = Schema(tuple(tables), tuple(keys))
        # Who declares keys declares most: then what is connected somehow stays as it is.
        keys += [
            key
            for key in more(tables, keys)
            if not declared or not before.connected(key.source.table, key.target.table)
        ]
    return (*keys, *shared_columns(tables, keys))


def _keys_across(parts: Sequence[Sequence[Table]], declared: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """The keys of each schema by itself, where tables have short names, and then those between schemas.

    Two tables of one name in two schemas are copies of each other, or of two owners: nothing joins them.
    """
    keys, sources = [*declared], {key.source for key in declared}
    for part in parts:
        keys += [key for key in _keys_within(part, declared) if key.source not in sources]
    tables = [table for part in parts for table in part]
    local = {table.name: table.local_name.lower() for table in tables}
    joined, schema = {key.source for key in keys}, Schema(tuple(tables))
    between = [
        key
        for key in inferred_keys(tables, keys)
        if key.source not in joined
        and schema.table(key.source.table).schema != schema.table(key.target.table).schema
        and local[key.source.table] != local[key.target.table]
    ]
    return (*keys, *between)


def _keys_within(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> Iterator[ForeignKey]:
    """The keys that the names of one schema's tables tell of."""
    known = {table.local_name: table.name for table in tables}
    local = {name: own for own, name in known.items()}

    def renamed(ref: ColumnRef, names: Mapping[str, str]) -> ColumnRef:
        return ColumnRef(names[ref.table], ref.column)

    here = [
        replace(key, source=renamed(key.source, local), target=renamed(key.target, local))
        for key in declared
        if {key.source.table, key.target.table} <= local.keys()
    ]
    short = [replace(table, name=table.local_name, own_name="") for table in tables]
    for key in all_keys(short, here)[len(here) :]:
        yield replace(key, source=renamed(key.source, known), target=renamed(key.target, known))


def shared_columns(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns of the same name and type in two tables that no keys connect.

    Only where two tables share just one name that says something.
    """
    schema, inferred = Schema(tuple(tables), tuple(keys)), list[ForeignKey]()
    for table, other in combinations(tables[:_MAX_COMPARED], 2):
        shared = [] if schema.connected(table.name, other.name) else _shared(table, other)
        inferred += shared if len(shared) == 1 else []
    return inferred


def _shared(table: Table, other: Table) -> list[ForeignKey]:
    """Keys from a table's columns to those of another with the same name and type."""
    by_name = {readable(column.name): column for column in other.columns}
    shared = []
    for column in table.columns:
        name = readable(column.name)
        same = by_name.get(name)
        if same is not None and same.type == column.type and _may_be_key(column) and not _is_common(name):
            source, target = ColumnRef(table.name, column.name), ColumnRef(other.name, same.name)
            shared.append(ForeignKey(source, target, declared=False))
    return shared


def _may_be_key(column: Column) -> bool:
    """Whether rows of another table may be meant by a column's values: not by times, truths or long texts."""
    return column.type in (ColumnType.TEXT, ColumnType.NUMBER) and not _LONG.search(column.declared)


def _is_common(name: str) -> bool:
    words = name.split()
    if not words or name in _SAYS_NOTHING or words[-1] in _DESCRIBES:
        return True
    return words[0] in (*_OF_ROWS, *_FLAGGING) or bool(_OF_RECORDS & {*words, name.replace(" ", "")})


def inferred_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Keys from columns that are named as another table's only primary key, or as that table with its key.

    A name that several tables have as their key tells nothing, nor does a bare `id`.
    """
    keyed = {key.source for key in declared}
    keys = _single_keys(tables)
    by_name = _by_name(keys)
    inferred = []
    for table in tables:
        for column in table.columns:
            source = ColumnRef(table.name, column.name)
            targets = _targets(source, by_name)
            if source in keyed or len(targets) != 1 or keys[targets[0].table].type != column.type:
                continue
            if keys.get(table.name) == column and _joined(table.name, targets[0].table, declared):
                continue
            inferred.append(ForeignKey(source, targets[0], declared=False))
    return inferred


def _single_keys(tables: Sequence[Table]) -> dict[str, Column]:
    """The primary key of each table whose key is one column."""
    primary = {table.name: [column for column in table.columns if column.primary] for table in tables}
    return {name: columns[0] for name, columns in primary.items() if len(columns) == 1}


def _by_name(keys: Mapping[str, Column]) -> Mapping[str, list[ColumnRef]]:
    """Tables' keys by what others may call them: their own names, alone and after their table's."""
    by_name: dict[str, list[ColumnRef]] = {}
    for table, key in keys.items():
        name, owner = readable(key.name), readable(table)
        spoken = {name, f"{owner} {name}", f"{owner.removesuffix('s')} {name}"} - _SAYS_NOTHING
        for words in spoken:
            by_name.setdefault(words, []).append(ColumnRef(table, key.name))
    return by_name


def _targets(source: ColumnRef, by_name: Mapping[str, Sequence[ColumnRef]]) -> list[ColumnRef]:
    """The keys of other tables that a column is named as."""
    named = [key for name in _endings(readable(source.column)) for key in by_name.get(name, ())]
    return [key for key in named if key.table != source.table]


def _endings(name: str) -> list[str]:
    """A name, without a number behind it, and its last two words: `station id` of `start station id2`."""
    words = name.rstrip("0123456789").split() or name.split()
    last = " ".join(words[-2:]) if len(words) > 2 else name
    return list(dict.fromkeys((name, " ".join(words), last)))


def _joined(table: str, other: str, keys: Sequence[ForeignKey]) -> bool:
    return any({key.source.table, key.target.table} == {table, other} for key in keys)


def shared_identifiers(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns that identify the same by their names (`tmID` of teams and series), where nothing joins these.

    They lead to the table whose own they seem: where the column comes first, or is called as the table is.
    """
    schema, inferred = Schema(tuple(tables)), list[ForeignKey]()
    for (name, _), refs in _identifiers(tables[:_MAX_COMPARED]).items():
        owner = max(refs, key=lambda ref: _owns(schema, ref, name)) if len(refs) > 1 else None
        if owner is not None and _owns(schema, owner, name):
            before = [*keys, *inferred]
            inferred += [
                ForeignKey(ref, owner, declared=False)
                for ref in refs
                if not _joined(ref.table, owner.table, before) and ref != owner
            ]
    return [key for key in inferred if key.source.table != key.target.table]


def _identifiers(tables: Sequence[Table]) -> Mapping[tuple[str, str], list[ColumnRef]]:
    """Columns that identify something, by its name and by their type."""
    identifiers: dict[tuple[str, str], list[ColumnRef]] = defaultdict(list)
    for table in tables:
        prefix = _prefix(table)
        for column in table.columns:
            words = readable(column.name).removeprefix(prefix).split()
            for name in _identified(table, words):
                identifiers[name, column.type].append(ColumnRef(table.name, column.name))
    return identifiers


def _identified(table: Table, words: Sequence[str]) -> list[str]:
    """The names of the thing that a column of these words identifies, with and without a role before it."""
    if len(words) == 1 and words[0] in _IDENTIFYING - {"id"}:
        # The `code` of sets is what others call a `set code`.
        words = [readable(table.name).removesuffix("s"), *words]
    # A `home team api id` is a `team api id`.
    without_role = [words[1:]] if len(words) > _WORDS_OF_NAME else []
    return [" ".join(name) for name in (words, *without_role) if _identifies(name)]


def _identifies(words: Sequence[str]) -> bool:
    """Whether a name is that of an identifier, and says of what: not of a row, whatever that is."""
    if not words or words[0] in _OF_ROWS:
        return False
    if len(words) > 1:
        return words[-1] in _IDENTIFYING
    return words[0].endswith(_ENDINGS) and words[0] not in _OF_KEYS


def _prefix(table: Table) -> str:
    """The letters that begin the names of a table's columns, with the space after them; empty for none."""
    first = Counter(words[0] for column in table.columns if len(words := readable(column.name).split()) > 1)
    for letters, number in first.most_common(1):
        may_be_prefix = len(letters) <= _MAX_PREFIX_LENGTH and letters not in _OF_KEYS
        if may_be_prefix and number >= _PREFIXED * len(table.columns) > 1:
            return f"{letters} "
    return ""


def _owns(schema: Schema, ref: ColumnRef, name: str) -> int:
    """How much speaks for a column to be the key of its table; 0 where nothing does."""
    table, (*of, last) = schema.table(ref.table), name.split()
    called = " ".join(of) or last.removesuffix("id").removesuffix("key").removesuffix("code")
    forms = _forms(table.name)
    # The `team api id` of teams, not of another table that has one.
    begins_so = len(of) > 1 and of[0] in forms
    is_named = 2 if called in forms else int(begins_so)
    return is_named + (table.columns[0].name == ref.column) + table.column(ref.column).primary


def _forms(name: str) -> set[str]:
    """A table's name in words, in the singular, and its last word alone."""
    words = readable(name)
    return {
        form
        for text in (words, *words.split()[-1:])
        for form in (text, text.removesuffix("s"), text.removesuffix("es"), f"{text[:-3]}y")
    }


def named_tables(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns that are called as another table is: `person` where there is a table of persons."""
    by_form: dict[str, list[Table]] = defaultdict(list)
    for table in tables[:_MAX_COMPARED]:
        for form in {readable(table.name), readable(table.name).removesuffix("s")}:
            by_form[form].append(table)
    keyed, inferred = {key.source for key in keys}, list[ForeignKey]()
    for table in tables[:_MAX_COMPARED]:
        for column in table.columns:
            source, name = ColumnRef(table.name, column.name), readable(column.name)
            forms = [name, *name.split()[-1:]]
            namesakes = next((by_form[form] for form in forms if form in by_form), [])
            matches = [other for other in namesakes if other.name != table.name]
            target = _referred(matches[0], column) if len(matches) == 1 and source not in keyed else None
            if target is not None:
                inferred.append(ForeignKey(source, target, declared=False))
    return inferred


def shortened_names(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns called as a part of another table's key: `hero_id` of a `superhero`, `zip` of a `zip_code`."""
    keyed, owners = {key.source for key in keys}, defaultdict[str, list[Table]](list)
    for table in tables[:_MAX_COMPARED]:
        *of, last = readable(table.columns[0].name).split() or [""] if table.columns else [""]
        if last in _OF_KEYS:
            owners[" ".join(of)].append(table)
    inferred = []
    for table in tables[:_MAX_COMPARED]:
        for column in table.columns:
            source, name = ColumnRef(table.name, column.name), readable(column.name)
            matches = [
                ColumnRef(other.name, other.columns[0].name)
                for other in _named_shortly(name, owners)
                if other.name != table.name and other.columns[0].type == column.type
            ]
            if len(matches) == 1 and source not in keyed:
                inferred.append(ForeignKey(source, matches[0], declared=False))
    return inferred


def _named_shortly(name: str, owners: Mapping[str, Sequence[Table]]) -> list[Table]:
    """The tables whose key a name may be short for.

    `owners` are tables by what their key's name says before `id` or `code`.
    """
    *of, last = name.split() or [""]
    if not of or last != "id":
        return [] if _is_common(name) else list(owners.get(name, ()))
    if len(of) > 1 or len(of[0]) < _MIN_ENDING_LENGTH:
        return []
    tables = (table for of_name in owners.values() for table in of_name)
    return [table for table in tables if (word := _last_word(table.name)).endswith(of[0]) and word != of[0]]


def _last_word(name: str) -> str:
    return " ".join(readable(name).split()[-1:]).removesuffix("s")


def _referred(table: Table, column: Column) -> ColumnRef | None:
    """The column that one called as a table refers to there: its key, or what names its rows."""
    primary = [key for key in table.columns if key.primary]
    names = ("id", "code", "name", "title", f"{readable(table.name)} name")
    naming = [other for other in table.columns if readable(other.name) in names]
    for target in (*(primary if len(primary) == 1 else ()), *naming, *table.columns[:1]):
        if target.type == column.type:
            return ColumnRef(table.name, target.name)
    return None
