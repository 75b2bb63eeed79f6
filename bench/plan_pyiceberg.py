"""Loads table metadata and plans its files; prints milliseconds and the number of files as JSON."""

import json
import sys
import time

from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import StaticTable

metadata, where = sys.argv[1:3]
list(StaticTable.from_metadata(metadata).scan(row_filter="part = -1").plan_files())
began = time.perf_counter()
table = StaticTable.from_metadata(metadata)
files = sum(1 for _ in table.scan(row_filter=where or AlwaysTrue()).plan_files())
print(json.dumps({"ms": (time.perf_counter() - began) * 1000, "files": files}))
