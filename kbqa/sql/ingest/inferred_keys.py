"""Keys that a database does not declare, from what its tables and columns are called."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table, readable

_MAX_COMPARED = 200
"""Among how many tables shared columns are looked for: all pairs are."""
_OF_KEYS = frozenset({"id", "code", "key", "no", "number"})
_SAYS_NOTHING = _OF_KEYS | {"name", "type", "date", "year"}
_DESCRIBES = frozenset(
    (
        "name", "type", "date", "year", "description", "details", "address", "email", "phone", "city",
        "country", "state", "location", "title",
    )
) | {"status", "amount", "price", "gender", "sex", "age"}  # fmt: skip
"""What columns of many tables tell, without being the same thing."""
_IDENTIFYING, _ENDINGS, _OF_ROWS = (
    frozenset(("id", "code", "key", "number", "symbol", "isbn")),
    ("key", "code", "isbn"),
    ("row", "guid", "rowguid"),
)
_WORDS_OF_NAME, _MIN_ENDING_LENGTH = 3, 4
"""A name of more words may begin with a role before that of an identifier; how many letters a column has at
least that is called by a table's ending.
"""
_MAX_PREFIX_LENGTH, _PREFIXED = 2, 0.8
"""How many letters stand before all columns of a table at most (`o_orderkey`), and before what share of them
at least.
"""


def all_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """The declared keys, those that names tell of, and what joins tables that these leave apart."""
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


def shared_columns(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns of the same name and type in two tables that no keys connect, where just one such name
    says something.
    """
    schema, found = Schema(tuple(tables), tuple(keys)), list[ForeignKey]()
    for place, table in enumerate(tables[:_MAX_COMPARED]):
        for other in tables[place + 1 : _MAX_COMPARED]:
            if schema.connected(table.name, other.name):
                continue
            types = {readable(column.name): (column.name, column.type) for column in other.columns}
            shared = [
                ForeignKey(
                    ColumnRef(table.name, column.name), ColumnRef(other.name, types[name][0]), declared=False
                )
                for column in table.columns
                if (name := readable(column.name)) in types
                and types[name][1] == column.type
                and not _is_common(name)
            ]
            found += shared if len(shared) == 1 else []
    return found


def _is_common(name: str) -> bool:
    words = name.split()
    return not words or name in _SAYS_NOTHING or words[-1] in _DESCRIBES or words[0] in _OF_ROWS


def inferred_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Keys that the database does not declare: a column named as another table's only primary key, or
    as that table with its key.

    A name that several tables have as their key tells nothing, nor does a bare `id`.
    """
    keyed = {key.source for key in declared}
    keys = {
        table.name: only[0]
        for table in tables
        if len(only := [column for column in table.columns if column.primary]) == 1
    }
    by_name: dict[str, list[ColumnRef]] = {}
    for owner, key in keys.items():
        name, own = readable(key.name), readable(owner)
        spoken = {name, *(f"{each} {name}" for each in (own, own.removesuffix("s")))} - _SAYS_NOTHING
        for each in spoken:
            by_name.setdefault(each, []).append(ColumnRef(owner, key.name))
    found = []
    for table in tables:
        for column in table.columns:
            source = ColumnRef(table.name, column.name)
            targets = [
                target
                for name in _endings(readable(column.name))
                for target in by_name.get(name, [])
                if target.table != table.name
            ]
            if source in keyed or len(targets) != 1 or keys[targets[0].table].type != column.type:
                continue
            if keys.get(table.name) == column and _joined(table.name, targets[0].table, declared):
                continue
            found.append(ForeignKey(source, targets[0], declared=False))
    return found


def _endings(name: str) -> list[str]:
    """A name without a number behind it, and where it has more than two words its last two: a `start
    station id2` is a `station id`.
    """
    words = name.rstrip("0123456789").split() or name.split()
    return list(dict.fromkeys((name, " ".join(words), " ".join(words[-2:]) if len(words) > 2 else name)))


def _joined(table: str, other: str, keys: Sequence[ForeignKey]) -> bool:
    return any({key.source.table, key.target.table} == {table, other} for key in keys)


def shared_identifiers(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns that identify the same by their names (`tmID` in teams and in series), where nothing
    joins their tables yet.

    They lead to the table whose own they seem: where the column comes first, or is called as the table is.
    """
    places: dict[tuple[str, str], list[ColumnRef]] = defaultdict(list)
    for table in tables[:_MAX_COMPARED]:
        prefix = _prefix(table)
        for column in table.columns:
            words = readable(column.name).removeprefix(prefix).split()
            if len(words) == 1 and words[0] in _IDENTIFYING - {"id"}:
                words = [
                    readable(table.name).removesuffix("s"),
                    *words,
                ]  # the `code` of sets is what others call a `set code`
            for part in (
                words,
                *([words[1:]] if len(words) > _WORDS_OF_NAME else []),
            ):  # a `home team api id` is a `team api id`
                if _identifies(part):
                    places[" ".join(part), column.type].append(ColumnRef(table.name, column.name))
    schema, found = Schema(tuple(tables)), list[ForeignKey]()
    for (name, _), refs in places.items():
        owner = max(refs, key=lambda ref: _owns(schema, ref, name)) if len(refs) > 1 else None
        if owner is not None and _owns(schema, owner, name):
            before = [*keys, *found]
            found += [
                ForeignKey(ref, owner, declared=False)
                for ref in refs
                if not _joined(ref.table, owner.table, before) and ref != owner
            ]
    return [key for key in found if key.source.table != key.target.table]


def _identifies(words: Sequence[str]) -> bool:
    """Tell whether a name is that of an identifier, and says of what: not of a row, whatever that is."""
    if not words or words[0] in _OF_ROWS:
        return False
    return (
        words[-1] in _IDENTIFYING
        if len(words) > 1
        else words[0].endswith(_ENDINGS) and words[0] not in _OF_KEYS
    )


def _prefix(table: Table) -> str:
    """The letters that stand before all of a table's columns, with the space after them; none where
    there are none.
    """
    first = Counter(words[0] for column in table.columns if len(words := readable(column.name).split()) > 1)
    for letters, number in first.most_common(1):
        if (
            len(letters) <= _MAX_PREFIX_LENGTH
            and letters not in _OF_KEYS
            and number >= _PREFIXED * len(table.columns) > 1
        ):
            return f"{letters} "
    return ""


def _owns(schema: Schema, ref: ColumnRef, name: str) -> int:
    """How much speaks for a column to be the key of its table: nothing, if 0."""
    table, (*of, last) = schema.table(ref.table), name.split()
    called = " ".join(of) or last.removesuffix("id").removesuffix("key").removesuffix("code")
    forms = _forms(table.name)
    is_named = 2 * (called in forms) or (
        len(of) > 1 and of[0] in forms
    )  # the `team api id` of teams, not of what else has one
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
    """Columns that are called as another table is (`person` in awards, where there is a table of
    persons).
    """
    by_form: dict[str, list[Table]] = defaultdict(list)
    for table in tables[:_MAX_COMPARED]:
        for form in {readable(table.name), readable(table.name).removesuffix("s")}:
            by_form[form].append(table)
    keyed, found = {key.source for key in keys}, list[ForeignKey]()
    for table in tables[:_MAX_COMPARED]:
        for column in table.columns:
            source, name = ColumnRef(table.name, column.name), readable(column.name)
            forms = [name, *name.split()[-1:]]
            others = next((by_form[form] for form in forms if form in by_form), [])
            others = [other for other in others if other.name != table.name]
            target = _referred(others[0], column) if len(others) == 1 and source not in keyed else None
            if target is not None:
                found.append(ForeignKey(source, target, declared=False))
    return found


def shortened_names(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Columns called as another table's key but for a part: `hero_id` where there is a `superhero`,
    `zip` where there is a `zip_code`.
    """
    keyed, owners = {key.source for key in keys}, defaultdict[str, list[Table]](list)
    for table in tables[:_MAX_COMPARED]:
        *of, last = readable(table.columns[0].name).split() or [""] if table.columns else [""]
        if last in _OF_KEYS:
            owners[" ".join(of)].append(table)
    found = []
    for table in tables[:_MAX_COMPARED]:
        for column in table.columns:
            source, name = ColumnRef(table.name, column.name), readable(column.name)
            others = [
                other
                for other in _named_shortly(name, owners)
                if other.name != table.name and other.columns[0].type == column.type
            ]
            if len(others) == 1 and source not in keyed:
                found.append(
                    ForeignKey(source, ColumnRef(others[0].name, others[0].columns[0].name), declared=False)
                )
    return found


def _named_shortly(name: str, owners: Mapping[str, Sequence[Table]]) -> list[Table]:
    """The tables whose key a name may be short for, of tables by what their key's name says before
    `id` or `code`.
    """
    *of, last = name.split() or [""]
    if not of or last != "id":
        return [] if _is_common(name) else list(owners.get(name, ()))
    if len(of) > 1 or len(of[0]) < _MIN_ENDING_LENGTH:
        return []
    return [
        table
        for each in owners.values()
        for table in each
        if (word := _last_word(table.name)).endswith(of[0]) and word != of[0]
    ]


def _last_word(name: str) -> str:
    return " ".join(readable(name).split()[-1:]).removesuffix("s")


def _referred(table: Table, column: Column) -> ColumnRef | None:
    """The column that one called as a table refers to there: its key, or what names its rows."""
    primary = [each for each in table.columns if each.primary]
    naming = [
        each
        for each in table.columns
        if readable(each.name) in ("id", "code", "name", "title", f"{readable(table.name)} name")
    ]
    for each in (*(primary if len(primary) == 1 else ()), *naming, *table.columns[:1]):
        if each.type == column.type:
            return ColumnRef(table.name, each.name)
    return None
