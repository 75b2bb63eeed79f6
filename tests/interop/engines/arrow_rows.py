"""Rows in canonical JSON as Arrow tables, by Iceberg type. The other direction is canonical.py."""

import datetime
import decimal
import uuid

import pyarrow as pa

EPOCH = datetime.date(1970, 1, 1).toordinal()


def nanos(text):
    """Nanoseconds since the epoch of a timestamp in its canonical form, of a time since midnight."""
    date, _, clock = text.rstrip("Z").rpartition("T")
    hours, minutes, seconds = clock.split(":")
    whole, _, fraction = seconds.partition(".")
    total = (int(hours) * 60 + int(minutes)) * 60 + int(whole)
    if date:
        total += (datetime.date.fromisoformat(date).toordinal() - EPOCH) * 86_400
    return total * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])


def primitive(value, kind):
    if kind in ("boolean", "int", "string"):
        return value
    if kind == "long":
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind.startswith("decimal"):
        return decimal.Decimal(value)
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind in ("time", "timestamp", "timestamptz"):
        return nanos(value) // 1000
    if kind in ("timestamp_ns", "timestamptz_ns"):
        return nanos(value)
    if kind == "uuid":
        return uuid.UUID(value).bytes
    if kind == "binary" or kind.startswith("fixed"):
        return bytes.fromhex(value[2:])
    raise ValueError(f"no Arrow value for {kind}")


def converted(value, kind):
    if value is None:
        return None
    if isinstance(kind, str):
        return primitive(value, kind)
    if kind["type"] == "struct":
        return {field["name"]: converted(value.get(field["name"]), field["type"]) for field in kind["fields"]}
    if kind["type"] == "list":
        return [converted(item, kind["element"]) for item in value]
    return [(converted(key, kind["key"]), converted(item, kind["value"])) for key, item in value]


def table(rows, schema, arrow_schema):
    """An Arrow table of the columns of `schema`, an Iceberg schema in the JSON of the table format."""
    columns = []
    for field, target in zip(schema["fields"], arrow_schema, strict=True):
        values = [converted(row.get(field["name"]), field["type"]) for row in rows]
        columns.append(pa.array(values, type=target.type))
    return pa.Table.from_arrays(columns, schema=arrow_schema)
