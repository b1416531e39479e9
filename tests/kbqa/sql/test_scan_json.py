"""What a scan keeps as JSON comes back with its types; nothing of it needs a database."""

import json

from kbqa.sql.models import ColumnDigest, Scan
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table

SCHEMA = Schema(
    (Table("city", (Column("id", ColumnType.NUMBER, "INT", primary=True), Column("name")), "where", 3),),
    (ForeignKey(ColumnRef("city", "id"), ColumnRef("city", "name"), declared=False),),
    "mysql",
)


def stored(scan: Scan) -> Scan:
    """Return the scan as it comes back from PostgreSQL."""
    return Scan(
        **{name: json.loads(json.dumps(getattr(scan, name))) for name in ("schema", "codes", "digests")}
    )


def test_a_scan_that_found_nothing_has_nothing():
    assert (Scan().parsed_codes, Scan().parsed_digests) == ({}, {})


def test_schema_codes_and_digests_come_back():
    scan = Scan()
    scan.parsed_schema = SCHEMA
    scan.parsed_codes = {ColumnRef("city", "name"): ("F", "T")}
    scan.parsed_digests = {"city\tname": ColumnDigest("abc", 2)}
    again = stored(scan)
    assert again.parsed_schema == SCHEMA
    assert again.parsed_schema.dialect == "mysql"
    assert again.parsed_codes == {ColumnRef("city", "name"): ("F", "T")}
    assert again.parsed_digests["city\tname"].hash == "abc"
    assert again.parsed_digests["city\tname"].values == 2


def test_the_json_is_as_it_ever_was():
    scan = Scan()
    scan.parsed_codes = {ColumnRef("city", "name"): ("F", "T")}
    scan.parsed_digests = {"city\tname": ColumnDigest("abc", 2)}
    assert scan.codes == [{"table": "city", "column": "name", "values": ["F", "T"]}]
    assert scan.digests == {"city\tname": ["abc", 2]}
