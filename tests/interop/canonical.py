"""Arrow values as canonical JSON, by Iceberg type: what every engine's rows are compared in."""

import base64
import datetime
import json
import math

EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()


def date_text(days):
    return datetime.date.fromordinal(EPOCH_ORDINAL + days).isoformat()


def clock_text(micros):
    seconds, fraction = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{fraction:06d}"


def timestamp_text(micros, zone, digits=""):
    days, rest = divmod(micros, 86_400_000_000)
    return f"{date_text(days)}T{clock_text(rest)}{digits}{'Z' if zone else ''}"


def nanosecond_text(scalar, zone):
    factor = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}[scalar.type.unit]
    micros, rest = divmod(scalar.value * factor, 1_000)
    return timestamp_text(micros, zone, f"{rest:03d}")


def micros_of(scalar):
    unit = scalar.type.unit
    factor = {"s": 1_000_000, "ms": 1_000, "us": 1}.get(unit)
    if factor is not None:
        return scalar.value * factor
    micros, rest = divmod(scalar.value, 1_000)
    if rest:
        raise ValueError(f"{scalar} has digits below the microsecond")
    return micros


def float_value(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 and math.copysign(1, value) < 0:
        return "-0.0"
    return value


def bytes_of(scalar):
    value = scalar.as_py()
    if hasattr(value, "bytes"):
        return value.bytes
    if isinstance(value, str):
        return base64.b64decode(value)
    return value


def uuid_text(scalar):
    value = scalar.as_py()
    text = (value if isinstance(value, str) else value.hex() if isinstance(value, bytes) else str(value)).replace("-", "")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def decimal_text(scalar, scale):
    sign, digits, exponent = scalar.as_py().as_tuple()
    unscaled = int("".join(map(str, digits))) * 10 ** (exponent + scale)
    text = str(unscaled).rjust(scale + 1, "0")
    whole = f"{text[:-scale]}.{text[-scale:]}" if scale else text
    return f"-{whole}" if sign and unscaled else whole


def primitive(scalar, kind):
    if kind in ("boolean", "int", "string"):
        return scalar.as_py()
    if kind == "long":
        return str(scalar.as_py())
    if kind in ("float", "double"):
        return float_value(scalar.as_py())
    if kind.startswith("decimal"):
        return decimal_text(scalar, int(kind.rstrip(")").split(",")[1]))
    if kind == "date":
        return date_text(scalar.value)
    if kind == "time":
        return clock_text(micros_of(scalar))
    if kind in ("timestamp", "timestamptz"):
        return timestamp_text(micros_of(scalar), kind == "timestamptz")
    if kind in ("timestamp_ns", "timestamptz_ns"):
        return nanosecond_text(scalar, kind == "timestamptz_ns")
    if kind == "unknown":
        return None
    if kind == "uuid":
        return uuid_text(scalar)
    if kind == "binary" or kind.startswith("fixed"):
        return "0x" + bytes_of(scalar).hex()
    raise ValueError(f"no canonical form for {kind}")


def value(scalar, kind):
    """One Arrow scalar as a JSON value; `kind` is a type as table metadata spells it."""
    if scalar is None or not scalar.is_valid:
        return None
    if isinstance(kind, str):
        return primitive(scalar, kind)
    if kind["type"] == "struct":
        parts = list(scalar.values()) if hasattr(scalar, "values") else []
        return {field["name"]: value(part, field["type"]) for field, part in zip(kind["fields"], parts, strict=True)}
    if kind["type"] == "list":
        return [value(item, kind["element"]) for item in scalar.values]
    if kind["type"] == "map":
        entries = scalar.values
        keys, values = entries.field(0), entries.field(1)
        pairs = [[value(k, kind["key"]), value(v, kind["value"])] for k, v in zip(keys, values, strict=True)]
        return sorted(pairs, key=lambda pair: json.dumps(pair[0], ensure_ascii=False))
    raise ValueError(f"no canonical form for {kind}")


def rows(table, schema):
    """The rows of an Arrow table as JSON texts, by the names and types of an Iceberg schema."""
    names = [field["name"] for field in schema["fields"]]
    if table.column_names != names:
        raise ValueError(f"columns are {table.column_names}, not {names}")
    columns = [
        [value(scalar, field["type"]) for chunk in column.chunks for scalar in chunk]
        for field, column in zip(schema["fields"], table.columns, strict=True)
    ]
    if not columns:
        return ["{}"] * table.num_rows
    return [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in zip(*columns, strict=True)]
