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


def storage(kind):
    """An Arrow type without its extensions: values are made as that first."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.storage_type
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(storage(part.type)) for part in kind])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_field.with_type(storage(kind.key_type)), kind.item_field.with_type(storage(kind.item_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(storage(kind.value_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(storage(kind.value_type)))
    return kind


def extended(array, kind):
    """The array as its type with the extensions."""
    if array.type == kind:
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, array)
    if pa.types.is_struct(kind):
        parts = [extended(array.field(at), part.type) for at, part in enumerate(kind)]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if pa.types.is_map(kind):
        keys, items = extended(array.keys, kind.key_type), extended(array.items, kind.item_type)
        return pa.MapArray.from_arrays(array.offsets, keys, items, type=kind, mask=array.is_null())
    make = pa.LargeListArray if pa.types.is_large_list(kind) else pa.ListArray
    return make.from_arrays(array.offsets, extended(array.values, kind.value_type), type=kind, mask=array.is_null())


def table(rows, schema, arrow_schema):
    """An Arrow table of the columns of `schema`, an Iceberg schema in the JSON of the table format."""
    columns = []
    for field, target in zip(schema["fields"], arrow_schema, strict=True):
        values = [converted(row.get(field["name"]), field["type"]) for row in rows]
        columns.append(extended(pa.array(values, type=storage(target.type)), target.type))
    return pa.Table.from_arrays(columns, schema=arrow_schema)
