"""The validator of statements: one that only reads, of what the schema shows, may be run.

A statement is parsed, looked through, resolved, and written anew from its tree: what the engine gets is what
was looked at, whatever comments and encodings came with the text. Only what is known is let through, clause
by clause and function by function.
"""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from kbqa.sql.schema import Schema
from kbqa.sql.stores.errors import StatementError
from kbqa.sql.stores.resolution import check_parts, resolve

__all__ = ["MAX_CHARACTERS", "StatementError", "checked"]

MAX_CHARACTERS = 20_000
_MAX_TOKENS = 4_000
_MAX_BRACKETS = 100
"""Of the square ones, each of which makes the parser look through all before it."""
_MAX_NODES = 4_000
_READING = (
    exp.Select, exp.SetOperation, exp.Subquery, exp.With, exp.CTE, exp.TableAlias, exp.Table, exp.Join,
    exp.From, exp.Where, exp.Group, exp.Rollup, exp.Cube, exp.GroupingSets, exp.Having, exp.Order,
    exp.Ordered, exp.Limit, exp.Offset, exp.Fetch, exp.LimitOptions, exp.Distinct, exp.Window,
    exp.WindowSpec, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Identifier,
    exp.Column, exp.Star, exp.Alias, exp.Literal, exp.National, exp.HexString, exp.BitString,
    exp.Boolean, exp.Null, exp.Paren, exp.Tuple, exp.Var, exp.Between, exp.In, exp.Any, exp.All,
    exp.Exists, exp.DataType, exp.DataTypeParam, exp.Interval, exp.IntervalSpan, exp.AtTimeZone,
    exp.CharacterSet, exp.Introducer, exp.Bracket, exp.Slice, exp.JSONPath, exp.JSONPathPart,
    exp.JSONKeyValue, exp.WeekStart,
)  # fmt: skip
"""What a statement that reads is made of, beside operators and functions."""
_OPERATORS = (exp.Binary, exp.Unary)
_BY_NAME = (exp.Dot, exp.Operator, exp.PropertyEQ, exp.Kwarg, exp.ObjectIdentifier, exp.PseudoType)
"""What looks like an operator or a type, and reaches for something by its name."""
_COMPUTING = tuple(
    getattr(exp, name)
    for name in [
        "Abs",
        "Acos",
        "Acosh",
        "And",
        "AnyValue",
        "ApproxDistinct",
        "ArgMax",
        "ArgMin",
        "Array",
        "ArrayAgg",
        "ArrayAll",
        "ArrayAny",
        "ArrayContains",
        "ArrayContainsAll",
        "ArraySize",
        "ArrayToString",
        "Ascii",
        "Asin",
        "Asinh",
        "Atan",
        "Atan2",
        "Atanh",
        "Avg",
        "BitLength",
        "BitwiseAndAgg",
        "BitwiseCount",
        "BitwiseOrAgg",
        "BitwiseXorAgg",
        "ByteLength",
        "Case",
        "Cast",
        "Cbrt",
        "Ceil",
        "Chr",
        "Coalesce",
        "Collate",
        "Concat",
        "ConcatWs",
        "Convert",
        "Corr",
        "Cos",
        "Cosh",
        "Cot",
        "Count",
        "CountIf",
        "CovarPop",
        "CovarSamp",
        "CumeDist",
        "CurrentDate",
        "CurrentDatetime",
        "CurrentTime",
        "CurrentTimestamp",
        "Date",
        "DateAdd",
        "DateBin",
        "DateDiff",
        "DateFromParts",
        "DateStrToDate",
        "DateSub",
        "DateToDateStr",
        "DateTrunc",
        "Datetime",
        "DatetimeAdd",
        "DatetimeDiff",
        "DatetimeSub",
        "DatetimeTrunc",
        "Day",
        "DayOfMonth",
        "DayOfWeek",
        "DayOfWeekIso",
        "DayOfYear",
        "Dayname",
        "Degrees",
        "DenseRank",
        "Elt",
        "EndsWith",
        "Exists",
        "Exp",
        "Extract",
        "Factorial",
        "First",
        "FirstValue",
        "Floor",
        "Format",
        "FromBase64",
        "Greatest",
        "GroupConcat",
        "Grouping",
        "Hex",
        "Hour",
        "If",
        "Initcap",
        "IsInf",
        "IsNan",
        "JSONArray",
        "JSONArrayAgg",
        "JSONArrayContains",
        "JSONBContains",
        "JSONBExists",
        "JSONBExtract",
        "JSONBExtractScalar",
        "JSONBObjectAgg",
        "JSONCast",
        "JSONExists",
        "JSONExtract",
        "JSONExtractArray",
        "JSONExtractScalar",
        "JSONFormat",
        "JSONKeys",
        "JSONObject",
        "JSONObjectAgg",
        "JSONType",
        "JustifyDays",
        "JustifyHours",
        "JustifyInterval",
        "Lag",
        "Last",
        "LastDay",
        "LastValue",
        "Lead",
        "Least",
        "Left",
        "Length",
        "Levenshtein",
        "Ln",
        "Localtime",
        "Localtimestamp",
        "Log",
        "LogicalAnd",
        "LogicalOr",
        "Lower",
        "MD5",
        "MakeInterval",
        "Max",
        "Median",
        "Min",
        "Minute",
        "Mode",
        "Month",
        "Monthname",
        "MonthsBetween",
        "NthValue",
        "Ntile",
        "Nullif",
        "NumberToStr",
        "Or",
        "Overlay",
        "Pad",
        "ParseJSON",
        "PercentRank",
        "PercentileCont",
        "PercentileDisc",
        "Pi",
        "Pow",
        "Quantile",
        "Quarter",
        "Radians",
        "Rand",
        "Rank",
        "RegexpCount",
        "RegexpExtract",
        "RegexpFullMatch",
        "RegexpILike",
        "RegexpInstr",
        "RegexpLike",
        "RegexpReplace",
        "RegexpSubstr",
        "RegrAvgx",
        "RegrAvgy",
        "RegrCount",
        "RegrIntercept",
        "RegrR2",
        "RegrSlope",
        "RegrSxx",
        "RegrSxy",
        "RegrSyy",
        "Repeat",
        "Replace",
        "Reverse",
        "Right",
        "Round",
        "RowNumber",
        "SHA",
        "SHA2",
        "SafeDivide",
        "Second",
        "Sign",
        "Sin",
        "Sinh",
        "Soundex",
        "Space",
        "Split",
        "SplitPart",
        "Sqrt",
        "StartsWith",
        "Stddev",
        "StddevPop",
        "StddevSamp",
        "StrPosition",
        "StrToDate",
        "StrToTime",
        "StrToUnix",
        "String",
        "Stuff",
        "Substring",
        "SubstringIndex",
        "Sum",
        "Tan",
        "Tanh",
        "Time",
        "TimeAdd",
        "TimeDiff",
        "TimeFromParts",
        "TimeStrToDate",
        "TimeStrToTime",
        "TimeStrToUnix",
        "TimeSub",
        "TimeToStr",
        "TimeToUnix",
        "TimeTrunc",
        "Timestamp",
        "TimestampAdd",
        "TimestampDiff",
        "TimestampFromParts",
        "TimestampSub",
        "TimestampTrunc",
        "ToBase64",
        "ToChar",
        "ToDays",
        "ToNumber",
        "Translate",
        "Trim",
        "Trunc",
        "TryCast",
        "TsOrDiToDi",
        "TsOrDsAdd",
        "TsOrDsDiff",
        "TsOrDsToDate",
        "TsOrDsToDateStr",
        "TsOrDsToDatetime",
        "TsOrDsToTime",
        "TsOrDsToTimestamp",
        "Typeof",
        "Unhex",
        "Unicode",
        "UnixDate",
        "UnixSeconds",
        "UnixToStr",
        "UnixToTime",
        "UnixToTimeStr",
        "Upper",
        "UtcDate",
        "UtcTime",
        "UtcTimestamp",
        "Variance",
        "VariancePop",
        "Week",
        "WeekOfYear",
        "WidthBucket",
        "Xor",
        "Year",
        "YearOfWeek",
        "YearOfWeekIso",
    ]
)
"""Functions that only compute something of their arguments."""
_FUNCTIONS = frozenset(
    {
        "total", "printf", "format", "julianday", "strftime", "unixepoch", "instr", "likely", "unlikely",
        "iif", "ifnull", "typeof", "sign", "char", "unicode", "ltrim", "rtrim", "to_char", "to_date",
        "to_number", "to_timestamp", "age", "date_part", "date_trunc", "btrim", "split_part", "left", "right",
        "initcap", "width_bucket", "trunc", "cbrt", "degrees", "radians", "pi", "isfinite", "justify_days",
        "make_date", "extract", "datediff", "date_format", "str_to_date", "period_diff", "makedate",
        "dayname", "monthname", "weekday", "timestampdiff", "truncate", "mod", "field", "find_in_set",
        "json_array_length", "bit_length", "char_length", "octet_length", "percent_rank", "cume_dist",
        "ntile", "date", "time", "datetime", "now", "curdate",
    }
)  # fmt: skip
"""Functions that the parser has no class for and that only compute."""


def checked(sql: str, schema: Schema) -> exp.Query:
    """A statement's tree with all names resolved, if it only reads what the schema shows.

    Raises StatementError.
    """
    try:
        tree = _parsed(sql, schema.dialect)
        for node in tree.walk():
            _check(node)
        resolve(tree, schema)
        tree.sql(dialect=schema.dialect)
    except (SqlglotError, RecursionError) as error:
        raise StatementError(f"This is not SQL that can be read: {_first_line(error)}") from error
    return tree


def _parsed(sql: str, dialect: str) -> exp.Query:
    if len(sql) > MAX_CHARACTERS:
        raise StatementError(
            f"A statement has at most {MAX_CHARACTERS:,} characters; this one has {len(sql):,}."
        )
    if "\0" in sql:
        raise StatementError("A statement has no null characters.")
    tokens = sqlglot.tokenize(sql, dialect=dialect)
    brackets = sum(token.token_type == TokenType.L_BRACKET for token in tokens)
    if len(tokens) > _MAX_TOKENS or brackets > _MAX_BRACKETS:
        raise StatementError("The statement is too long.")
    parser = sqlglot.Dialect.get_or_raise(dialect).parser()
    trees = [tree for tree in parser.parse(tokens, sql) if not isinstance(tree, exp.Semicolon | None)]
    if len(trees) != 1:
        raise StatementError(f"Write one statement; these are {len(trees)}.")
    tree = trees[0]
    if not isinstance(tree, exp.Query):
        raise StatementError("Only SELECT is allowed here.")
    if sum(1 for _ in tree.walk()) > _MAX_NODES:
        raise StatementError("The statement is too long.")
    return tree


def _check(node: exp.Expr) -> None:
    """Refuse what does more than read, and what is not known. Raises StatementError."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        if not isinstance(node.this, str) or node.name.lower() not in _FUNCTIONS:
            raise StatementError(f"The function {node.name} is not allowed here.")
    elif isinstance(node, _BY_NAME):
        raise StatementError("Read from tables of the schema, by their names.")
    elif isinstance(node, exp.Func) and not isinstance(node, _OPERATORS):
        if not isinstance(node, _COMPUTING):
            raise StatementError(f"The function {node.sql_name()} is not allowed here.")
    elif not isinstance(node, _READING + _OPERATORS):
        raise StatementError(f"Only reading is allowed here; {type(node).__name__.upper()} is not.")
    if isinstance(node, exp.Table) and (node.args.get("db") or node.args.get("catalog")):
        raise StatementError(f"Write {node.name} without the name of a schema before it.")
    check_parts(node)


def _first_line(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is too deeply nested."
    return (str(error).splitlines() or ["it is too deeply nested."])[0][:200]
