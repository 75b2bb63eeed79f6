package moraine.interop;

import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** Reads a table with Iceberg's generic reader: for the types that Spark does not have. */
public final class JavaReader {
  private JavaReader() {}

  /**
   * The rows as a JSON array. A negative snapshot id means the current state; a filter is a
   * predicate tree in JSON, or empty.
   */
  public static String read(Table table, long snapshotId, int schemaId, String filterJson)
      throws Exception {
    Schema schema = table.schemas().get(schemaId);
    IcebergGenerics.ScanBuilder scan = IcebergGenerics.read(table).project(schema);
    if (snapshotId >= 0) {
      scan = scan.useSnapshot(snapshotId);
    }
    if (!filterJson.isEmpty()) {
      scan = scan.where(Filters.of(schema, Json.parse(filterJson)));
    }
    StringBuilder out = new StringBuilder("[");
    try (CloseableIterable<Record> rows = scan.build()) {
      for (Record row : rows) {
        out.append(out.length() == 1 ? "" : ",\n");
        IcebergRows.encodeStruct(schema.asStruct(), row, out);
      }
    }
    return out.append("]").toString();
  }
}
