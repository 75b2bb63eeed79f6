"""DuckDB as a driver: `duckdb_driver.py WORK_FOLDER`.

It writes tables of its own through the REST fixture (WORK_FOLDER/rest; started at the first write)
and reads any table from a metadata file.
"""

import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import canonical
import engine
import sql_text
import table_json
from engine import Refused
from rest_fixture import RestFixture

EXTENSIONS = ("httpfs", "avro", "iceberg")


def read_metadata(path):
    raw = pathlib.Path(path.removeprefix("file://").removeprefix("file:")).read_bytes()
    return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def schema_by_id(metadata, number):
    return next(schema for schema in metadata["schemas"] if schema["schema-id"] == number)


class DuckDb(engine.Engine):
    name = "duckdb"

    def __init__(self, work):
        self.work = pathlib.Path(work).resolve()
        self.rest = None
        self.connection = self.connect()

    def connect(self):
        import duckdb

        config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        connection = duckdb.connect(config=config)
        # The extensions come as Python packages: loaded from there, nothing is fetched.
        for extension in EXTENSIONS:
            package = __import__(f"duckdb_extension_{extension}")
            (binary,) = pathlib.Path(package.__file__).parent.rglob("*.duckdb_extension")
            connection.load_extension(str(binary))
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 1")
        return connection

    def attach(self):
        self.connection.execute(f"ATTACH '' AS r (TYPE iceberg, ENDPOINT '{self.rest.url}', AUTHORIZATION_TYPE 'none')")

    def recover(self, error):
        """An internal error makes the database unusable: another one takes its place."""
        if type(error).__name__ not in ("InternalException", "FatalException"):
            return
        self.connection = self.connect()
        if self.rest:
            self.attach()

    def describe(self):
        import duckdb

        return {"engine": "duckdb", "duckdb": duckdb.__version__}

    def close(self):
        self.connection.close()
        if self.rest:
            self.rest.close()

    # -- the catalog --

    def catalog(self):
        if self.rest is None:
            self.rest = RestFixture(self.work / "rest")
            self.attach()
        return self.rest

    def path(self, name):
        namespace, table = name.rsplit(".", 1)
        return f"/v1/namespaces/{namespace.replace('.', '%1F')}/tables/{table}"

    def sql_name(self, name):
        return ".".join(f'"{part}"' for part in ("r", *name.split(".")))

    def loaded(self, name):
        return self.catalog().call("GET", self.path(name))

    def schema(self, name):
        metadata = self.loaded(name)["metadata"]
        return schema_by_id(metadata, metadata["current-schema-id"])

    def run(self, sql):
        return self.connection.execute(sql).fetchall()

    # -- shape --

    def op_create(self, request):
        """The catalog creates the table, so that every schema and spec can be asked for."""
        schema = table_json.with_ids(request["schema"])
        if request.get("identifier"):
            schema["identifier-field-ids"] = [sql_text.field_at(schema, path)["id"] for path in request["identifier"]]
        namespace, table = request["table"].rsplit(".", 1)
        rest = self.catalog()
        if [namespace] not in rest.call("GET", "/v1/namespaces")["namespaces"]:
            rest.call("POST", "/v1/namespaces", {"namespace": [namespace], "properties": {}})
        body = {
            "name": table,
            "schema": schema,
            "properties": {"format-version": str(request.get("version", 2)), **(request.get("properties") or {})},
        }
        if request.get("spec"):
            body["partition-spec"] = {"spec-id": 0, "fields": self.spec_fields(schema, request["spec"])}
        if request.get("order"):
            body["write-order"] = {"order-id": 1, "fields": self.order_fields(schema, request["order"])}
        rest.call("POST", f"/v1/namespaces/{namespace}/tables", body)
        return {}

    def spec_fields(self, schema, fields):
        return [
            {
                "source-id": sql_text.field_at(schema, field["source"])["id"],
                "field-id": 1000 + at,
                "name": field.get("name") or table_json.default_name(field["source"], field["transform"]),
                "transform": field["transform"],
            }
            for at, field in enumerate(fields)
        ]

    def order_fields(self, schema, fields):
        return [
            {
                "source-id": sql_text.field_at(schema, field["source"])["id"],
                "transform": field["transform"],
                "direction": field["direction"],
                "null-order": f"nulls-{field['nulls']}",
            }
            for field in fields
        ]

    def op_evolve(self, request):
        for change in request["changes"]:
            self.change(request["table"], change)
        return {}

    def change(self, name, change):
        what, path = change["change"], change.get("path") or []
        alter = f"ALTER TABLE {self.sql_name(name)}"
        if what not in ("add", "drop", "rename", "widen") or len(path) != 1:
            raise Refused(f"duckdb cannot change an Iceberg schema by {what}" + (" inside a column" if len(path) > 1 else ""))
        sql = sql_text.DuckSql(None)
        column = sql.quote(path[0])
        if what == "add":
            if any(change.get(key) is not None for key in ("first", "after", "before", "default", "required", "doc")):
                raise Refused("duckdb adds plain optional columns at the end only")
            self.run(f"{alter} ADD COLUMN {column} {sql.type(change['type'])}")
        elif what == "drop":
            self.run(f"{alter} DROP COLUMN {column}")
        elif what == "rename":
            self.run(f"{alter} RENAME COLUMN {column} TO {sql.quote(change['name'])}")
        else:
            self.run(f"{alter} ALTER COLUMN {column} TYPE {sql.type(change['type'])}")

    # -- rows --

    def main_only(self, request):
        if request.get("branch"):
            raise Refused("duckdb writes no branches")

    def values(self, request):
        """A FROM item of the given rows, typed as the table's columns."""
        import arrow_rows
        from pyiceberg.io.pyarrow import schema_to_pyarrow
        from pyiceberg.schema import Schema

        schema = self.schema(request["table"])
        unable = next((kind for kind in leaves(schema) if kind in UNABLE), None)
        if unable:
            raise Refused(f"duckdb has no Iceberg type {unable}")
        arrow_schema = schema_to_pyarrow(Schema.model_validate(schema), include_field_ids=False)
        self.connection.register("given", arrow_rows.table(request["rows"], schema, arrow_schema))
        sql = sql_text.DuckSql(schema)
        columns = ", ".join(f"CAST({sql.quote(f['name'])} AS {sql.type(f['type'])}) AS {sql.quote(f['name'])}" for f in schema["fields"])
        return f"(SELECT {columns} FROM given)"

    def op_append(self, request):
        self.main_only(request)
        self.run(f"INSERT INTO {self.sql_name(request['table'])} SELECT * FROM {self.values(request)}")
        return {}

    def op_overwrite(self, request):
        """A delete and an insert in one transaction."""
        self.main_only(request)
        where = True if request["where"] == "all" else request["where"]
        self.run("BEGIN")
        try:
            self.op_delete({**request, "where": where})
            self.op_append(request)
            self.run("COMMIT")
        except Exception:
            self.run("ROLLBACK")
            raise
        return {}

    def op_delete(self, request):
        self.main_only(request)
        where = sql_text.DuckSql(self.schema(request["table"])).predicate(request["where"])
        self.run(f"DELETE FROM {self.sql_name(request['table'])} WHERE {where}")
        return {}

    def op_update(self, request):
        self.main_only(request)
        schema = self.schema(request["table"])
        sql = sql_text.DuckSql(schema)
        changes = ", ".join(
            f"{sql.quote(name)} = {sql.literal(sql_text.type_at(schema, [name]), value)}" for name, value in request["set"].items()
        )
        self.run(f"UPDATE {self.sql_name(request['table'])} SET {changes} WHERE {sql.predicate(request['where'])}")
        return {}

    def op_merge(self, request):
        self.main_only(request)
        schema = self.schema(request["table"])
        quote = sql_text.DuckSql(schema).quote
        names = [quote(field["name"]) for field in schema["fields"]]
        condition = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in request["on"])
        clauses = {
            "update": "UPDATE SET " + ", ".join(f"{name} = s.{name}" for name in names),
            "delete": "DELETE",
            "insert": f"INSERT ({', '.join(names)}) VALUES ({', '.join(f's.{name}' for name in names)})",
        }
        text = f"MERGE INTO {self.sql_name(request['table'])} AS t USING {self.values(request)} AS s ON ({condition})"
        for key, words in (("matched", "MATCHED"), ("notMatched", "NOT MATCHED")):
            if request.get(key, "none") != "none":
                text += f" WHEN {words} THEN {clauses[request[key]]}"
        self.run(text)
        return {}

    # -- reading --

    def op_head(self, request):
        loaded = self.loaded(request["table"])
        snapshot = loaded["metadata"].get("current-snapshot-id", -1)
        return {"metadata": loaded["metadata-location"], "snapshot": None if snapshot in (-1, None) else str(snapshot)}

    def op_read(self, request):
        if request.get("lineage"):
            raise Refused("duckdb reads no lineage columns from a metadata file")
        path = request.get("metadata") or self.loaded(request["table"])["metadata-location"]
        metadata = read_metadata(path)
        number, schema = self.state(metadata, request)
        text = path.removeprefix("file://").removeprefix("file:").replace("'", "''")
        options = f", snapshot_from_id => {number}" if number is not None else ""
        if ".gz." in text:
            options += ", metadata_compression_codec => 'gzip'"
        where = "" if request.get("where") is None else f" WHERE {sql_text.DuckSql(schema).predicate(request['where'])}"
        found = self.connection.execute(f"SELECT * FROM iceberg_scan('{text}'{options}){where}").to_arrow_table()
        return {"rows": [json.loads(row) for row in canonical.rows(found, schema)]}

    def state(self, metadata, request):
        """The snapshot to read (none: the current state) and the schema that DuckDB reads it with."""
        current = schema_by_id(metadata, metadata["current-schema-id"]) if "schemas" in metadata else metadata["schema"]
        number, branch = request.get("snapshot"), False
        if request.get("ref"):
            ref = metadata.get("refs", {}).get(request["ref"])
            if ref is None:
                raise KeyError(f"no reference {request['ref']}")
            number, branch = ref["snapshot-id"], ref["type"] == "branch"
        if number is None:
            return None, current
        snapshot = next(snapshot for snapshot in metadata["snapshots"] if snapshot["snapshot-id"] == int(number))
        schema = schema_by_id(metadata, snapshot["schema-id"]) if "schema-id" in snapshot else current
        if branch and schema["schema-id"] != current["schema-id"]:
            raise Refused("duckdb reads a branch with the schema of its snapshot, not with the table's")
        return int(number), schema


UNABLE = ("timestamptz_ns", "unknown", "variant")


def leaves(kind):
    if isinstance(kind, str):
        yield kind
    elif kind["type"] == "struct":
        for field in kind["fields"]:
            yield from leaves(field["type"])
    else:
        for part in sql_text.fields_of(kind):
            yield from leaves(part["type"])


if __name__ == "__main__":
    engine.serve(lambda: DuckDb(sys.argv[1]))
