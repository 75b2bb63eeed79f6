"""Reads tables with another engine: `read_tables.py ENGINE REQUEST.json ANSWER.json`.

The request is a list of `{id, metadata, snapshotId?, schemaId}`; the answer maps each id to
`{rows: [...]}` in canonical JSON, or to `{error: "..."}`.
"""

import json
import pathlib
import sys

import canonical


def schema_of(request):
    with open(request["metadata"], encoding="utf-8") as file:
        metadata = json.load(file)
    return next(s for s in metadata["schemas"] if s["schema-id"] == request["schemaId"])


def read_with_pyiceberg(request):
    from pyiceberg.table import StaticTable

    table = StaticTable.from_metadata(request["metadata"])
    snapshot = request.get("snapshotId")
    scan = table.scan(snapshot_id=int(snapshot)) if snapshot else table.scan()
    return scan.to_arrow()


class DuckDb:
    def __init__(self):
        import duckdb
        import duckdb_extension_avro
        import duckdb_extension_iceberg

        config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        self.connection = duckdb.connect(config=config)
        # The extensions come as Python packages: loaded from there, nothing is fetched.
        for package in (duckdb_extension_avro, duckdb_extension_iceberg):
            (binary,) = pathlib.Path(package.__file__).parent.rglob("*.duckdb_extension")
            self.connection.load_extension(str(binary))
        self.connection.execute("SET TimeZone = 'UTC'")

    def __call__(self, request):
        snapshot = request.get("snapshotId")
        option = f", snapshot_from_id => {int(snapshot)}" if snapshot else ""
        path = request["metadata"].replace("'", "''")
        return self.connection.execute(f"SELECT * FROM iceberg_scan('{path}'{option})").to_arrow_table()


def main():
    engine, request_path, answer_path = sys.argv[1:]
    read = DuckDb() if engine == "duckdb" else read_with_pyiceberg
    with open(request_path, encoding="utf-8") as file:
        requests = json.load(file)
    answers = {}
    for request in requests:
        try:
            answers[request["id"]] = {"rows": canonical.rows(read(request), schema_of(request))}
        except Exception as error:  # an answer like any other: the test decides what it means
            answers[request["id"]] = {"error": f"{type(error).__name__}: {error}"}
    with open(answer_path, "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False)


main()
