"""PyIceberg for `bench/rows.ts`: `rows_pyiceberg.py METADATA OP SOURCE_OR_FILTER`, one answer as JSON.

The table is registered in a catalog of its own, so that the metadata file stays the head for others;
what the change has written is removed afterwards.
"""

import importlib.metadata
import json
import pathlib
import resource
import sys
import tempfile
import time

import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyiceberg.catalog.sql import SqlCatalog


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def checksum(table):
    rows = table.scan().to_arrow()
    cents = pc.cast(pc.multiply(rows["amount"], 100), "int64", safe=False)
    return [len(rows), pc.sum(rows["id"]).as_py(), pc.sum(cents).as_py(), pc.sum(pc.utf8_length(rows["name"])).as_py()]


def main():
    metadata, op, argument = sys.argv[1:4]
    folder = pathlib.Path(metadata).parents[1]
    with tempfile.TemporaryDirectory() as work:
        catalog = SqlCatalog("bench", uri=f"sqlite:///{work}/catalog.db", warehouse=f"file://{work}")
        catalog.create_namespace("bench")
        table = catalog.register_table("bench.target", f"file://{metadata}")
        source = ds.dataset(argument).to_table() if op == "upsert" else None
        table.scan(limit=1).to_arrow()
        before = files(folder)
        try:
            cpu, began = time.process_time(), time.perf_counter()
            if op == "upsert":
                table.upsert(source, join_cols=["id"])
            else:
                table.delete(argument)
            ms, cpu_ms = (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            sums = checksum(catalog.load_table("bench.target"))
        finally:
            for path in files(folder) - before:
                path.unlink()
    version = importlib.metadata.version("pyiceberg")
    print(json.dumps({"ms": ms, "cpuMs": cpu_ms, "peakRssBytes": peak, "checksum": sums, "version": version}))


main()
