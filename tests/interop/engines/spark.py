"""Spark with Iceberg's Java runtime as a driver: `spark.py WORK_FOLDER`.

Its catalog is Iceberg's Hadoop catalog over WORK_FOLDER/warehouse. A type that Spark does not have
(time, timestamps of nanoseconds) is written and read with Iceberg's own generic classes.
"""

import json
import pathlib
import shutil
import sys

import engine
import spark_session
import sql_text
from engine import Refused, dumps
from spark_shape import Shape

WITHOUT_SPARK_TYPE = ("time", "timestamp_ns", "timestamptz_ns")
# A column that says which of several predicates a row came from.
WHICH = "__which"


def leaves(kind):
    if isinstance(kind, str):
        yield kind
    elif kind["type"] == "struct":
        for field in kind["fields"]:
            yield from leaves(field["type"])
    else:
        for part in sql_text.fields_of(kind):
            yield from leaves(part["type"])


class Spark(Shape, engine.Engine):
    name = "spark"

    def __init__(self, work):
        self.work = pathlib.Path(work).resolve()
        self.warehouse = self.work / "warehouse"
        self.spark = spark_session.start(self.warehouse, str(self.work / "spark-scratch"))
        self.jvm = self.spark._jvm
        self.helper = self.jvm.moraine.interop
        self.catalog = self.api.hadoop.HadoopCatalog(self.spark._jsc.hadoopConfiguration(), str(self.warehouse))
        self.shadows = {}

    def describe(self):
        return {"engine": "spark", "spark": self.spark.version, "iceberg": self.api.IcebergBuild.version()}

    def close(self):
        self.spark.stop()

    # -- names and loading --

    def identifier(self, name):
        return self.api.catalog.TableIdentifier.parse(name)

    def strings(self, values):
        out = self.jvm.java.util.ArrayList()
        for value in values:
            out.add(value)
        return out

    def long(self, value):
        return int(value)

    def sql_name(self, name):
        return ".".join(f"`{part}`" for part in (spark_session.CATALOG, *name.split(".")))

    def load(self, name):
        return self.catalog.loadTable(self.identifier(name))

    def schema_of(self, table):
        return json.loads(self.api.SchemaParser.toJson(table.schema()))

    def unable(self, schema):
        """The first type of a schema that Spark does not have, if any."""
        return next((kind for kind in leaves(schema) if kind in WITHOUT_SPARK_TYPE), None)

    def with_spark_types(self, table, what):
        schema = self.schema_of(table)
        unable = self.unable(schema)
        if unable:
            raise Refused(f"spark has no type {unable}, so it cannot {what}")
        return schema

    def run(self, sql):
        return self.spark.sql(sql).collect()

    # -- rows --

    def view(self, sql_name, rows, columns=None):
        """A temporary view of rows in canonical JSON, typed as the table's columns."""
        schema = self.spark.table(sql_name)._jdf.schema()
        names = columns or list(schema.fieldNames())
        picked = self.jvm.org.apache.spark.sql.types.StructType()
        for name in names:
            picked = picked.add(schema.apply(name).copy(name, schema.apply(name).dataType(), True, schema.apply(name).metadata()))
        frame = self.helper.SparkRows.frame(self.spark._jsparkSession, picked, dumps(rows))
        frame.createOrReplaceTempView("given")
        return ", ".join(f"`{name.replace('`', '``')}`" for name in names)

    def into(self, request):
        target = self.sql_name(request["table"])
        return f"{target}.`branch_{request['branch']}`" if request.get("branch") else target

    def op_append(self, request):
        table = self.load(request["table"])
        rows = request["rows"]
        if self.unable(self.schema_of(table)):
            self.helper.JavaTable.append(table, request.get("branch") or "", dumps(rows))
            return {}
        for group in by_columns(rows):
            names = self.view(self.sql_name(request["table"]), group, list(group[0]))
            self.run(f"INSERT INTO {self.into(request)} ({names}) SELECT {names} FROM given")
        return {}

    def op_overwrite(self, request):
        table = self.load(request["table"])
        schema = self.with_spark_types(table, "overwrite")
        where = request["where"]
        condition = "TRUE" if where == "all" else sql_text.SparkSql(schema).predicate(where)
        self.view(self.sql_name(request["table"]), request["rows"])
        self.spark.table("given").writeTo(self.into(request)).overwrite(self.expression(condition))
        return {}

    def expression(self, condition):
        from pyspark.sql.functions import expr

        return expr(condition)

    def op_replacePartitions(self, request):
        self.with_spark_types(self.load(request["table"]), "replace partitions")
        self.view(self.sql_name(request["table"]), request["rows"])
        self.spark.table("given").writeTo(self.into(request)).overwritePartitions()
        return {}

    def op_delete(self, request):
        schema = self.with_spark_types(self.load(request["table"]), "delete rows")
        self.run(f"DELETE FROM {self.into(request)} WHERE {sql_text.SparkSql(schema).predicate(request['where'])}")
        return {}

    def op_update(self, request):
        schema = self.with_spark_types(self.load(request["table"]), "update rows")
        sql = sql_text.SparkSql(schema)
        changes = ", ".join(
            f"{sql.quote(name)} = {sql.literal(sql_text.type_at(schema, [name]), value)}" for name, value in request["set"].items()
        )
        self.run(f"UPDATE {self.into(request)} SET {changes} WHERE {sql.predicate(request['where'])}")
        return {}

    def op_merge(self, request):
        schema = self.with_spark_types(self.load(request["table"]), "merge")
        quote = sql_text.SparkSql(schema).quote
        self.view(self.sql_name(request["table"]), request["rows"])
        condition = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in request["on"])
        clauses = {"update": "UPDATE SET *", "delete": "DELETE", "insert": "INSERT *"}
        text = f"MERGE INTO {self.into(request)} AS t USING given AS s ON {condition}"
        for key, words in (("matched", "MATCHED"), ("notMatched", "NOT MATCHED")):
            if request.get(key, "none") != "none":
                text += f" WHEN {words} THEN {clauses[request[key]]}"
        self.run(text)
        return {}

    def op_equalityDelete(self, request):
        table = self.load(request["table"])
        self.helper.JavaTable.equalityDelete(
            table, request.get("branch") or "", self.strings(request["columns"]), dumps(request["rows"]), dumps(request.get("upserts") or [])
        )
        return {}

    # -- upkeep --

    def call(self, procedure, request, *arguments):
        given = ", ".join((f"table => '{request['table']}'", *arguments))
        self.run(f"CALL {spark_session.CATALOG}.system.{procedure}({given})")
        return {}

    def op_expire(self, request):
        return self.call("expire_snapshots", request, "older_than => TIMESTAMP '2100-01-01 00:00:00'", f"retain_last => {int(request.get('retainLast', 1))}")

    def op_compact(self, request):
        arguments = ["options => map('rewrite-all', 'true')"]
        if request.get("sort"):
            arguments += ["strategy => 'sort'", f"sort_order => '{request['sort']}'"]
        return self.call("rewrite_data_files", request, *arguments)

    def op_rewriteManifests(self, request):
        return self.call("rewrite_manifests", request)

    def op_rewritePositionDeletes(self, request):
        return self.call("rewrite_position_delete_files", request, "options => map('rewrite-all', 'true')")

    def op_statistics(self, request):
        self.call("compute_table_stats", request)
        return self.call("compute_partition_stats", request)

    # -- reading --

    def op_head(self, request):
        table = self.load(request["table"])
        snapshot = table.currentSnapshot()
        location = table.operations().current().metadataFileLocation()
        return {"metadata": location, "snapshot": str(snapshot.snapshotId()) if snapshot else None}

    def shadow(self, metadata):
        """A table whose only metadata file is a copy of the given one: any file can be read so."""
        known = self.shadows.get(metadata)
        if known is None:
            known = f"shadow.t{len(self.shadows)}"
            folder = self.warehouse.joinpath(*known.split("."), "metadata")
            folder.mkdir(parents=True)
            path = metadata.removeprefix("file://").removeprefix("file:")
            gzip = ".gz" if ".gz." in path or path.endswith(".gz") else ""
            shutil.copyfile(path, folder / f"v1{gzip}.metadata.json")
            (folder / "version-hint.text").write_text("1")
            self.shadows[metadata] = known
        return known

    def op_read(self, request):
        name = self.shadow(request["metadata"]) if request.get("metadata") else request["table"]
        table = self.load(name)
        schema = json.loads(self.api.SchemaParser.toJson(self.read_schema(table, request)))
        if self.unable(schema):
            return self.read_generic(table, schema, request)
        frame = self.frame(name, schema, request)
        return {"rows": json.loads(self.helper.SparkRows.encode(frame._jdf))}

    def op_reads(self, request):
        """The same state under several predicates as one query, each with a scan of its own."""
        name = self.shadow(request["metadata"])
        table = self.load(name)
        schema = json.loads(self.api.SchemaParser.toJson(self.read_schema(table, request)))
        if self.unable(schema):
            return {"rows": [self.read_generic(table, schema, {**request, "where": where}) for where in request["wheres"]]}
        frames = [self.frame(name, schema, {**request, "where": where}, f"{index} AS `{WHICH}`, ") for index, where in enumerate(request["wheres"])]
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionAll(frame)
        answers = [{"rows": []} for _ in frames]
        for row in json.loads(self.helper.SparkRows.encode(whole._jdf)):
            answers[row.pop(WHICH)]["rows"].append(row)
        return {"rows": answers}

    def frame(self, name, schema, request, before=""):
        version = request.get("ref") or request.get("snapshot")
        source = self.sql_name(name)
        if version is not None:
            source += f" VERSION AS OF {version}" if request.get("snapshot") else f" VERSION AS OF '{version}'"
        columns = "*, _row_id, _last_updated_sequence_number" if request.get("lineage") else "*"
        where = "" if request.get("where") is None else f" WHERE {sql_text.SparkSql(schema).predicate(request['where'])}"
        return self.spark.sql(f"SELECT {before}{columns} FROM {source}{where}")

    def read_schema(self, table, request):
        """A branch is read with the table's schema, a tag or a snapshot with its own."""
        number = request.get("snapshot")
        if request.get("ref"):
            ref = table.refs().get(request["ref"])
            number = None if ref is None or ref.isBranch() else ref.snapshotId()
        if number is None:
            return table.schema()
        known = table.snapshot(int(number)).schemaId()
        return table.schema() if known is None else table.schemas().get(known)

    def read_generic(self, table, schema, request):
        if request.get("lineage"):
            raise Refused(f"spark has no type {self.unable(schema)}, so it reads no lineage columns here")
        number = -1
        if request.get("ref"):
            number = table.refs().get(request["ref"]).snapshotId()
        elif request.get("snapshot"):
            number = int(request["snapshot"])
        where = "" if request.get("where") is None else dumps(request["where"])
        text = self.helper.JavaReader.read(table, number, schema["schema-id"], where)
        return {"rows": json.loads(text), "reader": "iceberg java generics"}

    def op_metadataTable(self, request):
        name = self.shadow(request["metadata"]) if request.get("metadata") else request["table"]
        frame = self.spark.sql(f"SELECT * FROM {self.sql_name(name)}.{request['name']}")
        if "readable_metrics" in frame.columns:
            frame = frame.drop("readable_metrics")
        return {"rows": json.loads(self.helper.SparkRows.encode(frame._jdf))}


def by_columns(rows):
    """Rows in runs that name the same columns."""
    out = []
    for row in rows:
        if out and list(out[-1][0]) == list(row):
            out[-1].append(row)
        else:
            out.append([row])
    return out


if __name__ == "__main__":
    engine.serve(lambda: Spark(sys.argv[1]))
