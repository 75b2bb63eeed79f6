"""Predicates and literals of the scenario language as SQL, for Spark and for DuckDB."""

from engine import Refused


class Dialect:
    """`schema` is an Iceberg schema in the JSON of the table format."""

    def __init__(self, schema):
        self.schema = schema

    def column(self, path):
        return ".".join(self.quote(part) for part in path)

    def predicate(self, tree):
        if tree in (True, False):
            return "TRUE" if tree else "FALSE"
        op = tree["op"]
        if op in ("and", "or"):
            if not tree["args"]:
                return "TRUE" if op == "and" else "FALSE"
            return "(" + f" {op.upper()} ".join(self.predicate(part) for part in tree["args"]) + ")"
        if op == "not":
            return f"(NOT {self.predicate(tree['arg'])})"
        column, kind = self.column(tree["path"]), type_at(self.schema, tree["path"])
        if op in UNARY:
            return UNARY[op].format(column)
        if op in ("in", "notIn"):
            values = ", ".join(self.literal(kind, value) for value in tree["values"])
            return f"({column} {'IN' if op == 'in' else 'NOT IN'} ({values}))"
        if op in ("startsWith", "notStartsWith"):
            text = f"{self.starts_with}({column}, {self.literal(kind, tree['value'])})"
            return text if op == "startsWith" else f"(NOT {text})"
        return f"({column} {COMPARE[op]} {self.literal(kind, tree['value'])})"

    def literal(self, kind, value):
        if value is None:
            return f"CAST(NULL AS {self.type(kind)})"
        if kind == "boolean":
            return "TRUE" if value else "FALSE"
        if kind == "string":
            return self.text(value)
        if kind == "binary" or isinstance(kind, str) and kind.startswith("fixed"):
            return self.bytes(value[2:])
        return f"CAST({self.text(str(value))} AS {self.type(kind)})"


UNARY = {
    "isNull": "({} IS NULL)",
    "notNull": "({} IS NOT NULL)",
    "isNaN": "isnan({})",
    "notNaN": "(NOT isnan({}))",
}
COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def fields_of(kind):
    """The named parts of a nested type."""
    if kind["type"] == "struct":
        return kind["fields"]
    if kind["type"] == "list":
        return [{"name": "element", "id": kind["element-id"], "type": kind["element"]}]
    return [
        {"name": "key", "id": kind["key-id"], "type": kind["key"]},
        {"name": "value", "id": kind["value-id"], "type": kind["value"]},
    ]


def field_at(schema, path):
    kind, found = schema, None
    for part in path:
        parts = fields_of(kind) if isinstance(kind, dict) else []
        found = next((field for field in parts if field["name"] == part), None)
        if found is None:
            raise KeyError(f"no column {'.'.join(path)}")
        kind = found["type"]
    return found


def type_at(schema, path):
    return field_at(schema, path)["type"]


class SparkSql(Dialect):
    starts_with = "startswith"
    types = {
        "int": "INT", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE", "date": "DATE",
        "timestamp": "TIMESTAMP_NTZ", "timestamptz": "TIMESTAMP", "string": "STRING", "uuid": "STRING",
        "boolean": "BOOLEAN", "binary": "BINARY",
    }  # fmt: skip

    def quote(self, name):
        return "`" + name.replace("`", "``") + "`"

    def text(self, value):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def bytes(self, digits):
        return f"X'{digits}'"

    def type(self, kind):
        if not isinstance(kind, str):
            raise KeyError("a literal of a nested type")
        if kind.startswith("decimal"):
            return kind
        return "BINARY" if kind.startswith("fixed") else self.types[kind]


class DuckSql(Dialect):
    starts_with = "starts_with"
    types = {
        "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE", "date": "DATE",
        "time": "TIME", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ",
        "timestamp_ns": "TIMESTAMP_NS", "string": "VARCHAR", "uuid": "UUID", "boolean": "BOOLEAN",
        "binary": "BLOB",
    }  # fmt: skip

    def quote(self, name):
        return '"' + name.replace('"', '""') + '"'

    def text(self, value):
        # A null character ends a literal: it is put in by name.
        parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
        return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"

    def bytes(self, digits):
        return f"from_hex('{digits}')"

    def type(self, kind):
        if isinstance(kind, str):
            if kind.startswith("decimal"):
                return kind.replace(" ", "")
            if kind.startswith("fixed"):
                return "BLOB"
            if kind not in self.types:
                raise Refused(f"duckdb has no type {kind}")
            return self.types[kind]
        if kind["type"] == "struct":
            parts = ", ".join(f"{self.quote(f['name'])} {self.type(f['type'])}" for f in kind["fields"])
            return f"STRUCT({parts})"
        if kind["type"] == "list":
            return f"{self.type(kind['element'])}[]"
        return f"MAP({self.type(kind['key'])}, {self.type(kind['value'])})"
