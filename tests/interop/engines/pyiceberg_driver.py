"""PyIceberg as a driver: `pyiceberg_driver.py WORK_FOLDER`.

It writes tables of its own through its SQL catalog (SQLite, WORK_FOLDER/pyiceberg) and reads any
table from a metadata file.
"""

import importlib.metadata
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import arrow_rows
import canonical
import engine
import sql_text
import table_json
from engine import Refused, dumps


class PyIceberg(engine.Engine):
    name = "pyiceberg"

    def __init__(self, work):
        from pyiceberg.catalog.sql import SqlCatalog

        folder = pathlib.Path(work).resolve() / "pyiceberg"
        folder.mkdir(parents=True, exist_ok=True)
        self.catalog = SqlCatalog("py", uri=f"sqlite:///{folder}/catalog.db", warehouse=str(folder))

    def describe(self):
        return {"engine": "pyiceberg", "pyiceberg": importlib.metadata.version("pyiceberg")}

    def load(self, name):
        return self.catalog.load_table(name)

    def json_schema(self, schema):
        return json.loads(schema.model_dump_json())

    # -- shape --

    def op_create(self, request):
        from pyiceberg.schema import Schema

        if int(request.get("version", 2)) > 2:
            raise Refused("pyiceberg cannot write format version 3")
        namespace = request["table"].rsplit(".", 1)[0]
        self.catalog.create_namespace_if_not_exists(namespace)
        given = table_json.with_ids(request["schema"])
        if request.get("identifier"):
            given["identifier-field-ids"] = [sql_text.field_at(given, path)["id"] for path in request["identifier"]]
        schema = Schema.model_validate_json(dumps(given))
        self.catalog.create_table(
            request["table"],
            schema=schema,
            partition_spec=self.partition_spec(given, request.get("spec") or []),
            sort_order=self.sort_order(given, request.get("order") or []),
            properties={"format-version": str(request.get("version", 2)), **(request.get("properties") or {})},
        )
        return {}

    def partition_spec(self, schema, fields):
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.transforms import parse_transform

        return PartitionSpec(
            *(
                PartitionField(
                    source_id=sql_text.field_at(schema, field["source"])["id"],
                    field_id=1000 + at,
                    transform=parse_transform(field["transform"]),
                    name=field.get("name") or table_json.default_name(field["source"], field["transform"]),
                )
                for at, field in enumerate(fields)
            )
        )

    def sort_order(self, schema, fields):
        from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, NullOrder, SortDirection, SortField, SortOrder
        from pyiceberg.transforms import parse_transform

        if not fields:
            return UNSORTED_SORT_ORDER
        return SortOrder(
            *(
                SortField(
                    source_id=sql_text.field_at(schema, field["source"])["id"],
                    transform=parse_transform(field["transform"]),
                    direction=SortDirection(field["direction"]),
                    null_order=NullOrder(f"nulls-{field['nulls']}"),
                )
                for field in fields
            )
        )

    def op_evolve(self, request):
        table = self.load(request["table"])
        with table.update_schema(allow_incompatible_changes=True) as update:
            for change in request["changes"]:
                self.change(update, change)
        return {}

    def change(self, update, change):
        what = change["change"]
        path = tuple(change["path"]) if change.get("path") else None
        if what == "add":
            if change.get("default") is not None:
                raise Refused("pyiceberg cannot write format version 3, which default values need")
            update.add_column(path, self.type(change["type"]), doc=change.get("doc"), required=bool(change.get("required")))
            if any(change.get(where) for where in ("first", "after", "before")):
                self.move(update, path, change)
        elif what == "drop":
            update.delete_column(path)
        elif what == "rename":
            update.rename_column(path, change["name"])
        elif what == "widen":
            update.update_column(path, field_type=self.type(change["type"]))
        elif what == "optional":
            update.make_column_optional(path)
        elif what == "require":
            update.update_column(path, required=True)
        elif what == "move":
            self.move(update, path, change)
        elif what == "doc":
            update.update_column(path, doc=change["doc"])
        elif what == "union":
            from pyiceberg.schema import Schema

            update.union_by_name(Schema.model_validate_json(dumps(table_json.with_ids({"fields": change["fields"]}))))
        elif what == "identifier":
            update.set_identifier_fields(*(".".join(path) for path in change["paths"]))
        else:
            raise Refused(f"pyiceberg cannot change a schema by {what}")

    def move(self, update, path, change):
        if change.get("first"):
            update.move_first(path)
        elif change.get("after"):
            update.move_after(path, tuple(change["after"]))
        else:
            update.move_before(path, tuple(change["before"]))

    def type(self, kind):
        from pyiceberg.schema import Schema

        schema = table_json.with_ids({"fields": [{"name": "x", "type": kind}]})
        return Schema.model_validate_json(dumps(schema)).find_type("x")

    def op_spec(self, request):
        from pyiceberg.transforms import parse_transform

        with self.load(request["table"]).update_spec() as update:
            for name in request.get("remove") or []:
                update.remove_field(name)
            for field in request.get("add") or []:
                update.add_field(".".join(field["source"]), parse_transform(field["transform"]), field.get("name"))
            for name, to in (request.get("rename") or {}).items():
                update.rename_field(name, to)
        return {}

    def op_order(self, request):
        from pyiceberg.table.sorting import NullOrder
        from pyiceberg.transforms import parse_transform

        with self.load(request["table"]).update_sort_order() as update:
            for field in request["order"]:
                add = update.asc if field["direction"] == "asc" else update.desc
                add(".".join(field["source"]), parse_transform(field["transform"]), NullOrder(f"nulls-{field['nulls']}"))
        return {}

    def op_properties(self, request):
        table = self.load(request["table"])
        with table.transaction() as change:
            if request.get("set"):
                change.set_properties(request["set"])
            # To remove what is not there is an error for PyIceberg alone.
            removed = [key for key in request.get("remove") or [] if key in table.properties]
            if removed:
                change.remove_properties(*removed)
        return {}

    def op_upgrade(self, request):
        if int(request["version"]) > 2:
            raise Refused("pyiceberg cannot write format version 3")
        with self.load(request["table"]).transaction() as change:
            change.upgrade_table_version(int(request["version"]))
        return {}

    # -- rows --

    def arrow(self, table, rows):
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        return arrow_rows.table(rows, self.json_schema(table.schema()), schema_to_pyarrow(table.schema(), include_field_ids=False))

    def branch(self, request):
        return {"branch": request["branch"]} if request.get("branch") else {}

    def op_append(self, request):
        table = self.load(request["table"])
        table.append(self.arrow(table, request["rows"]), **self.branch(request))
        return {}

    def op_overwrite(self, request):
        from pyiceberg.expressions import AlwaysTrue

        table = self.load(request["table"])
        where = AlwaysTrue() if request["where"] == "all" else self.predicate(table.schema(), request["where"])
        table.overwrite(self.arrow(table, request["rows"]), overwrite_filter=where, **self.branch(request))
        return {}

    def op_replacePartitions(self, request):
        table = self.load(request["table"])
        table.dynamic_partition_overwrite(self.arrow(table, request["rows"]), **self.branch(request))
        return {}

    def op_delete(self, request):
        table = self.load(request["table"])
        table.delete(self.predicate(table.schema(), request["where"]), **self.branch(request))
        return {}

    def op_merge(self, request):
        if request.get("matched", "none") == "delete":
            raise Refused("pyiceberg's upsert deletes no rows")
        table = self.load(request["table"])
        table.upsert(
            self.arrow(table, request["rows"]),
            join_cols=request["on"],
            when_matched_update_all=request.get("matched", "none") == "update",
            when_not_matched_insert_all=request.get("notMatched", "none") == "insert",
            **self.branch(request),
        )
        return {}

    # -- references and history --

    def manage(self, request, name, *arguments):
        with self.load(request["table"]).manage_snapshots() as manage:
            getattr(manage, name)(*arguments)
        return {}

    def snapshot(self, request):
        if request.get("snapshot") is not None:
            return int(request["snapshot"])
        current = self.load(request["table"]).current_snapshot()
        if current is None:
            raise Refused("pyiceberg cannot refer to a table without a snapshot")
        return current.snapshot_id

    def op_branch(self, request):
        return self.manage(request, "create_branch", self.snapshot(request), request["name"])

    def op_tag(self, request):
        return self.manage(request, "create_tag", self.snapshot(request), request["name"])

    def op_dropBranch(self, request):
        return self.manage(request, "remove_branch", request["name"])

    def op_dropTag(self, request):
        return self.manage(request, "remove_tag", request["name"])

    def op_rollback(self, request):
        return self.manage(request, "rollback_to_snapshot", int(request["snapshot"]))

    def op_setCurrent(self, request):
        return self.manage(request, "set_current_snapshot", int(request["snapshot"]))

    # -- reading --

    def op_head(self, request):
        table = self.load(request["table"])
        snapshot = table.current_snapshot()
        return {"metadata": table.metadata_location, "snapshot": str(snapshot.snapshot_id) if snapshot else None}

    def op_read(self, request):
        from pyiceberg.table import StaticTable

        if request.get("lineage"):
            raise Refused("pyiceberg reads no lineage columns")
        given = request.get("metadata")
        table = StaticTable.from_metadata(given) if given else self.load(request["table"])
        number = self.number(table, request)
        schema = table.schema()
        if number is not None:
            snapshot = table.snapshot_by_id(number)
            if snapshot is None:
                raise KeyError(f"no snapshot {number}")
            if snapshot.schema_id is not None:
                schema = table.schemas()[snapshot.schema_id]
        where = {} if request.get("where") is None else {"row_filter": self.predicate(schema, request["where"])}
        scan = table.scan(snapshot_id=number, **where)
        return {"rows": [json.loads(row) for row in canonical.rows(scan.to_arrow(), self.json_schema(schema))]}

    def op_parquetSchemas(self, request):
        """The distinct Parquet schemas of the files below a folder, as text with every annotation."""
        from pyarrow.parquet import ParquetFile

        files = pathlib.Path(request["folder"]).rglob("*.parquet")
        texts = {str(ParquetFile(file).schema).partition("\n")[2].strip() for file in files}
        return {"schemas": sorted(texts)}

    def number(self, table, request):
        if not request.get("ref"):
            return None if request.get("snapshot") is None else int(request["snapshot"])
        ref = table.metadata.refs.get(request["ref"])
        if ref is None:
            raise KeyError(f"no reference {request['ref']}")
        snapshot = table.snapshot_by_id(ref.snapshot_id)
        if ref.snapshot_ref_type == "branch" and snapshot.schema_id not in (None, table.schema().schema_id):
            raise Refused("pyiceberg reads a branch with the schema of its snapshot, not with the table's")
        return ref.snapshot_id

    def predicate(self, schema, tree):
        from pyiceberg import expressions as e

        if tree in (True, False):
            return e.AlwaysTrue() if tree else e.AlwaysFalse()
        op = tree["op"]
        if op in ("and", "or"):
            parts = [self.predicate(schema, part) for part in tree["args"]]
            if len(parts) < 2:
                return parts[0] if parts else self.predicate(schema, op == "and")
            return (e.And if op == "and" else e.Or)(*parts)
        if op == "not":
            return e.Not(self.predicate(schema, tree["arg"]))
        column = ".".join(tree["path"])
        if op in UNARY:
            return getattr(e, UNARY[op])(column)
        kind = sql_text.type_at(self.json_schema(schema), tree["path"])
        if "values" in tree:
            values = [self.literal(kind, value) for value in tree["values"]]
            return (e.In if op == "in" else e.NotIn)(column, values)
        return getattr(e, COMPARE[op])(column, self.literal(kind, tree["value"]))

    def literal(self, kind, value):
        """A value as PyIceberg's literals take it; dates and times in their ISO form."""
        import decimal
        import uuid

        if kind.endswith("_ns"):
            raise Refused("pyiceberg makes no literal of nanoseconds from text")
        if kind == "long":
            return int(value)
        if kind in ("float", "double"):
            return float(value)
        if kind.startswith("decimal"):
            return decimal.Decimal(value)
        if kind == "uuid":
            return uuid.UUID(value)
        if kind == "binary" or kind.startswith("fixed"):
            return bytes.fromhex(value[2:])
        if kind == "timestamptz":
            return value.replace("Z", "+00:00")
        return value


UNARY = {"isNull": "IsNull", "notNull": "NotNull", "isNaN": "IsNaN", "notNaN": "NotNaN"}
COMPARE = {
    "eq": "EqualTo", "ne": "NotEqualTo", "lt": "LessThan", "lte": "LessThanOrEqual", "gt": "GreaterThan",
    "gte": "GreaterThanOrEqual", "startsWith": "StartsWith", "notStartsWith": "NotStartsWith",
}  # fmt: skip

if __name__ == "__main__":
    engine.serve(lambda: PyIceberg(sys.argv[1]))
