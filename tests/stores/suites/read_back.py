"""Counts a table with PyIceberg: `read_back.py METADATA FILE_IO_JSON`, prints JSON."""

import json
import sys

import pyarrow.compute as pc
from pyiceberg.table import StaticTable

metadata, file_io = sys.argv[1], json.loads(sys.argv[2])
table = StaticTable.from_metadata(metadata, properties=file_io)
rows = table.scan().to_arrow()
print(
    json.dumps(
        {
            "rows": rows.num_rows,
            "columns": rows.column_names,
            "delays": pc.sum(rows["arrival_delay"]).as_py(),
            "snapshots": len(table.metadata.snapshots),
            "first": table.scan(snapshot_id=table.metadata.snapshots[0].snapshot_id).to_arrow().num_rows,
        }
    )
)
