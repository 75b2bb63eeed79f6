"""Adds and drops a column of a table in a SQL catalog; prints milliseconds, and what was written."""

import json
import os
import sys
import tempfile
import time

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.types import DoubleType, LongType

metadata = sys.argv[1]
folder = os.path.dirname(metadata)
with tempfile.TemporaryDirectory() as work:
    catalog = SqlCatalog("bench", uri=f"sqlite:///{work}/catalog.db", warehouse=f"file://{work}")
    catalog.create_namespace("bench")
    table = catalog.register_table("bench.evolve", f"file://{metadata}")
    with table.update_schema() as update:
        update.add_column("warm_up", LongType())
    before = set(os.listdir(folder))
    began = time.perf_counter()
    with table.update_schema() as update:
        update.add_column("tip", DoubleType())
    with table.update_schema() as update:
        update.delete_column("tip")
    ms = (time.perf_counter() - began) * 1000
    written = sorted(set(os.listdir(folder)) - before)
    print(json.dumps({"ms": ms, "written": len(written), "columns": len(table.schema().fields)}))
    table.refresh()
    for name in set(os.listdir(folder)) - before:
        os.remove(os.path.join(folder, name))
