"""The validator of statements: one that only reads, of what the schema shows, may be run.

A statement is parsed, looked through, resolved, and written anew from its tree: what the engine gets is what
was looked at, whatever comments and encodings came with the text. Only what is known is let through, clause
by clause and function by function.
"""

from collections.abc import Sequence

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from kbqa.sql.schema import Schema
from kbqa.sql.stores.clauses import check_parts
from kbqa.sql.stores.errors import StatementError
from kbqa.sql.stores.resolution import resolve

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
_COMPUTING: tuple[type[exp.Expr], ...] = (
    exp.Abs, exp.Acos, exp.Acosh, exp.And, exp.AnyValue, exp.ApproxDistinct, exp.ArgMax, exp.ArgMin,
    exp.Array, exp.ArrayAgg, exp.ArrayAll, exp.ArrayAny, exp.ArrayContains, exp.ArrayContainsAll,
    exp.ArraySize, exp.ArrayToString, exp.Ascii, exp.Asin, exp.Asinh, exp.Atan, exp.Atan2, exp.Atanh,
    exp.Avg, exp.BitLength, exp.BitwiseAndAgg, exp.BitwiseCount, exp.BitwiseOrAgg, exp.BitwiseXorAgg,
    exp.ByteLength, exp.Case, exp.Cast, exp.Cbrt, exp.Ceil, exp.Chr, exp.Coalesce, exp.Collate, exp.Concat,
    exp.ConcatWs, exp.Convert, exp.Corr, exp.Cos, exp.Cosh, exp.Cot, exp.Count, exp.CountIf, exp.CovarPop,
    exp.CovarSamp, exp.CumeDist, exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime,
    exp.CurrentTimestamp, exp.Date, exp.DateAdd, exp.DateBin, exp.DateDiff, exp.DateFromParts,
    exp.DateStrToDate, exp.DateSub, exp.DateToDateStr, exp.DateTrunc, exp.Datetime, exp.DatetimeAdd,
    exp.DatetimeDiff, exp.DatetimeSub, exp.DatetimeTrunc, exp.Day, exp.DayOfMonth, exp.DayOfWeek,
    exp.DayOfWeekIso, exp.DayOfYear, exp.Dayname, exp.Degrees, exp.DenseRank, exp.Elt, exp.EndsWith,
    exp.Exists, exp.Exp, exp.Extract, exp.Factorial, exp.First, exp.FirstValue, exp.Floor, exp.Format,
    exp.FromBase64, exp.Greatest, exp.GroupConcat, exp.Grouping, exp.Hex, exp.Hour, exp.If, exp.Initcap,
    exp.IsInf, exp.IsNan, exp.JSONArray, exp.JSONArrayAgg, exp.JSONArrayContains, exp.JSONBContains,
    exp.JSONBExists, exp.JSONBExtract, exp.JSONBExtractScalar, exp.JSONBObjectAgg, exp.JSONCast,
    exp.JSONExists, exp.JSONExtract, exp.JSONExtractArray, exp.JSONExtractScalar, exp.JSONFormat,
    exp.JSONKeys, exp.JSONObject, exp.JSONObjectAgg, exp.JSONType, exp.JustifyDays, exp.JustifyHours,
    exp.JustifyInterval, exp.Lag, exp.Last, exp.LastDay, exp.LastValue, exp.Lead, exp.Least, exp.Left,
    exp.Length, exp.Levenshtein, exp.Ln, exp.Localtime, exp.Localtimestamp, exp.Log, exp.LogicalAnd,
    exp.LogicalOr, exp.Lower, exp.MD5, exp.MakeInterval, exp.Max, exp.Median, exp.Min, exp.Minute, exp.Mode,
    exp.Month, exp.Monthname, exp.MonthsBetween, exp.NthValue, exp.Ntile, exp.Nullif, exp.NumberToStr,
    exp.Or, exp.Overlay, exp.Pad, exp.ParseJSON, exp.PercentRank, exp.PercentileCont, exp.PercentileDisc,
    exp.Pi, exp.Pow, exp.Quantile, exp.Quarter, exp.Radians, exp.Rand, exp.Rank, exp.RegexpCount,
    exp.RegexpExtract, exp.RegexpFullMatch, exp.RegexpILike, exp.RegexpInstr, exp.RegexpLike,
    exp.RegexpReplace, exp.RegexpSubstr, exp.RegrAvgx, exp.RegrAvgy, exp.RegrCount, exp.RegrIntercept,
    exp.RegrR2, exp.RegrSlope, exp.RegrSxx, exp.RegrSxy, exp.RegrSyy, exp.Repeat, exp.Replace, exp.Reverse,
    exp.Right, exp.Round, exp.RowNumber, exp.SHA, exp.SHA2, exp.SafeDivide, exp.Second, exp.Sign, exp.Sin,
    exp.Sinh, exp.Soundex, exp.Space, exp.Split, exp.SplitPart, exp.Sqrt, exp.StartsWith, exp.Stddev,
    exp.StddevPop, exp.StddevSamp, exp.StrPosition, exp.StrToDate, exp.StrToTime, exp.StrToUnix, exp.String,
    exp.Stuff, exp.Substring, exp.SubstringIndex, exp.Sum, exp.Tan, exp.Tanh, exp.Time, exp.TimeAdd,
    exp.TimeDiff, exp.TimeFromParts, exp.TimeStrToDate, exp.TimeStrToTime, exp.TimeStrToUnix, exp.TimeSub,
    exp.TimeToStr, exp.TimeToUnix, exp.TimeTrunc, exp.Timestamp, exp.TimestampAdd, exp.TimestampDiff,
    exp.TimestampFromParts, exp.TimestampSub, exp.TimestampTrunc, exp.ToBase64, exp.ToChar, exp.ToDays,
    exp.ToNumber, exp.Translate, exp.Trim, exp.Trunc, exp.TryCast, exp.TsOrDiToDi, exp.TsOrDsAdd,
    exp.TsOrDsDiff, exp.TsOrDsToDate, exp.TsOrDsToDateStr, exp.TsOrDsToDatetime, exp.TsOrDsToTime,
    exp.TsOrDsToTimestamp, exp.Typeof, exp.Unhex, exp.Unicode, exp.UnixDate, exp.UnixSeconds, exp.UnixToStr,
    exp.UnixToTime, exp.UnixToTimeStr, exp.Upper, exp.UtcDate, exp.UtcTime, exp.UtcTimestamp, exp.Variance,
    exp.VariancePop, exp.Week, exp.WeekOfYear, exp.WidthBucket, exp.Xor, exp.Year, exp.YearOfWeek,
    exp.YearOfWeekIso,
)  # fmt: skip
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
    _check_numbers(tokens)
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


def _check_numbers(tokens: Sequence[Token]) -> None:
    """Refuse numbers that the parser would read in another way than the engine: `1_000`, `2e2-1e2`.

    It takes the first for 1 under the name `_000`, the second for 199 under the name `e2`. Raises
    StatementError.
    """
    words = {token.start: token.text for token in tokens if token.token_type == TokenType.VAR}
    for token in tokens:
        if token.token_type != TokenType.NUMBER:
            continue
        rest = words.get(token.end + 1, "")
        if rest or not _is_number(token.text):
            raise StatementError(
                f"{token.text}{rest} is not understood as a number. Write spaces around operators and after "
                "numbers, and no marks between digits."
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.USERDEFINED:
        raise StatementError(f"The type {node.args.get('kind', '')} is not known here.")
    check_parts(node)


def _first_line(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is too deeply nested."
    return (str(error).splitlines() or ["it is too deeply nested."])[0][:200]
