"""Abbreviations that the names of tables and columns are made of, spelled out.

Only those that mean one thing wherever they stand: `inv` may be an invoice or an inventory, and stays.
"""

from collections.abc import Sequence

_LAST = {"no": "number"}
"""Words that are abbreviations only at the end of a name."""
_SPELLED = {
    "acct": "account", "addr": "address", "amt": "amount", "avg": "average", "bal": "balance",
    "bldg": "building", "bkg": "booking", "cd": "code", "cmdty": "commodity", "cnt": "count",
    "cntry": "country", "ctry": "country", "cust": "customer", "custs": "customers", "dept": "department",
    "depts": "departments", "descr": "description", "dest": "destination", "dob": "date of birth",
    "dt": "date", "emp": "employee", "emps": "employees", "fname": "first name", "frt": "freight",
    "grp": "group", "lat": "latitude", "lname": "last name", "lng": "longitude", "mfr": "manufacturer",
    "mgr": "manager", "msg": "message", "mth": "month", "nbr": "number", "nm": "name", "nr": "number",
    "num": "number", "pct": "percent", "perc": "percent", "prev": "previous", "prod": "product",
    "pwd": "password", "qtr": "quarter", "qty": "quantity", "sched": "scheduled", "seq": "sequence",
    "svc": "service", "tel": "telephone", "tot": "total", "txn": "transaction", "usr": "user",
    "val": "value", "vsl": "vessel", "yr": "year", "yrs": "years",
}  # fmt: skip


def spelled_out(words: Sequence[str]) -> list[str]:
    """The small words of a name with its abbreviations spelled out.

    >>> spelled_out(["emp", "no"]), spelled_out(["no", "dob"])
    (['employee', 'number'], ['no', 'date', 'of', 'birth'])
    """
    spelled: list[str] = []
    for place, word in enumerate(words):
        is_last = place > 0 and place == len(words) - 1
        full = _LAST.get(word) if is_last else None
        spelled += (full or _SPELLED.get(word, word)).split()
    return spelled
