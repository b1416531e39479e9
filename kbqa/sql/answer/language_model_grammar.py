"""A grammar of SQL over a focused schema, for language-model servers that can be held to one.

In GBNF, the form that llama.cpp, vLLM and SGLang read; some of them cut text into lexemes and never go back,
so no rule may end where the next character could go on with it. What it lets through is one SELECT that names
only tables and columns of the schema, with their tables; whether these are joined where they are named is
left to the check that follows.
"""

from collections.abc import Iterable

from kbqa.sql.identifiers import written_name, written_table
from kbqa.sql.schema import Schema

_RULES = r"""
root ::= query (";" | "\n")?
query ::= select ((" UNION " | " UNION ALL " | " INTERSECT " | " EXCEPT ") select)?
select ::= "SELECT " ("DISTINCT ")? items " FROM " table join* where? groups? sorted? limit?
where ::= " WHERE " condition
groups ::= " GROUP BY " columns (" HAVING " condition)?
sorted ::= " ORDER BY " order (", " order)*
limit ::= " LIMIT " [0-9]+ (" OFFSET " [0-9]+)?
items ::= "*" | item (", " item)*
item ::= sum (" AS " alias)?
sum ::= product ((" + " | " - ") product)*
product ::= term ((" * " | " / ") term)*
term ::= aggregate | ranked | function | case | cast | column | number | text | "(" (select | sum) ")"
cast ::= "CAST(" sum " AS " type ")"
case ::= "CASE" (" WHEN " condition " THEN " sum)+ (" ELSE " sum)? " END"
ranked ::= ("RANK" | "ROW_NUMBER") "() OVER (" ("PARTITION BY " columns " ")? "ORDER BY " order ")"
function ::= plain | dated
plain ::= single | ("ROUND" | "COALESCE" | "NULLIF") "(" sum ", " sum ")"
single ::= ("ABS" | "LOWER" | "UPPER" | "LENGTH") "(" sum ")"
aggregate ::= ("COUNT" | "SUM" | "AVG" | "MIN" | "MAX") "(" ("DISTINCT ")? ("*" | sum) ")"
join ::= (" LEFT")? " JOIN " table " ON " column " = " column
columns ::= column (", " column)*
order ::= sum (" ASC" | " DESC")?
condition ::= alternative (" OR " alternative)*
alternative ::= predicate (" AND " predicate)*
predicate ::= ("NOT ")? (sum comparison | "(" condition ")" | "EXISTS (" select ")")
comparison ::= compared | (" NOT")? (like | between | among) | missing
compared ::= (" = " | " <> " | " < " | " > " | " <= " | " >= ") sum
like ::= " LIKE " text
between ::= " BETWEEN " sum " AND " sum
among ::= " IN (" (select | values) ")"
missing ::= " IS " ("NOT ")? "NULL"
values ::= (number | text) (", " (number | text))*
number ::= "-"? [0-9]+ ("." [0-9]+)?
text ::= "'" ([^'] | "''")* "'"
alias ::= [a-z] [a-z0-9_]*
type ::= "REAL" | "INTEGER" | "TEXT" | "DATE" | "DOUBLE PRECISION"
"""


_DATED = {
    "sqlite": """
dated ::= "STRFTIME(" text ", " sum ")" | ("JULIANDAY" | "DATE") "(" sum ")"
""",
    "postgres": """
dated ::= "EXTRACT(" part " FROM " sum ")" | "DATE_TRUNC(" text ", " sum ")" | "TO_CHAR(" sum ", " text ")"
part ::= "YEAR" | "QUARTER" | "MONTH" | "WEEK" | "DAY" | "DOW" | "HOUR" | "EPOCH"
""",
    "mysql": """
dated ::= ("YEAR" | "QUARTER" | "MONTH" | "WEEKDAY" | "HOUR" | "DATE") "(" sum ")" | paired
paired ::= ("DATEDIFF" | "DATE_FORMAT") "(" sum ", " sum ")"
""",
}
"""Functions of dates, by dialect."""
_NOT_DATED = """
dated ::= ("YEAR" | "MONTH" | "DAY") "(" sum ")"
"""


def schema_grammar(schema: Schema) -> str:
    """The grammar of SQL over a schema's tables and columns, none of which may be excluded."""
    tables = [written_table(table, schema.dialect) for table in schema.tables]
    columns = [
        f"{written_table(table, schema.dialect)}.{written_name(column.name, schema.dialect)}"
        for table in schema.tables
        for column in table.columns
        if not column.excluded
    ]
    dated = _DATED.get(schema.dialect, _NOT_DATED)
    return f"{_RULES.strip()}{dated}table ::= {_any_of(tables)}\ncolumn ::= {_any_of(columns)}\n"


def _any_of(texts: Iterable[str]) -> str:
    return " | ".join(f'"{_escaped(text)}"' for text in dict.fromkeys(texts))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
