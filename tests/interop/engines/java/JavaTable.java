package moraine.interop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.EqualityDeleteWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptedOutputFile;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.util.StructLikeWrapper;

/** Writes that Spark SQL has no words for, with Iceberg's generic writers. Each is one commit. */
public final class JavaTable {
  private JavaTable() {}

  /** Rows in canonical JSON, one data file for each partition. An empty branch name means main. */
  public static void append(Table table, String branch, String rowsJson) throws Exception {
    AppendFiles append = table.newAppend();
    for (DataFile file : dataFiles(table, IcebergRows.decode(table.schema(), rowsJson))) {
      append.appendFile(file);
    }
    (branch.isEmpty() ? append : append.toBranch(branch)).commit();
  }

  /**
   * Deletes by the values of columns, rows of upsertsJson being added by the same commit.
   * keysJson has objects of the named columns, and of the partition's source columns where the
   * table is partitioned.
   */
  public static void equalityDelete(
      Table table, String branch, List<String> columns, String keysJson, String upsertsJson)
      throws Exception {
    Schema deleted = table.schema().select(columns);
    PartitionSpec spec = table.spec();
    RowDelta delta = table.newRowDelta();
    for (Map.Entry<StructLike, List<Record>> part :
        byPartition(table, IcebergRows.decode(table.schema(), keysJson)).entrySet()) {
      EqualityDeleteWriter<Record> writer =
          new GenericFileWriterFactory.Builder(table)
              .dataSchema(table.schema())
              .deleteFileFormat(format(table))
              .equalityFieldIds(
                  columns.stream().mapToInt(name -> table.schema().findField(name).fieldId()).toArray())
              .equalityDeleteRowSchema(deleted)
              .build()
              .newEqualityDeleteWriter(newFile(table, "eq-deletes", part.getKey()), spec, part.getKey());
      try (EqualityDeleteWriter<Record> closing = writer) {
        for (Record row : part.getValue()) {
          closing.write(narrowed(deleted, row));
        }
      }
      delta.addDeletes(writer.toDeleteFile());
    }
    for (DataFile file : dataFiles(table, IcebergRows.decode(table.schema(), upsertsJson))) {
      delta.addRows(file);
    }
    (branch.isEmpty() ? delta : delta.toBranch(branch)).commit();
  }

  /** One position-delete file of sorted [path, position] pairs in an unpartitioned table. */
  public static void positionDelete(Table table, String pairsJson) throws Exception {
    PositionDeleteWriter<Record> writer =
        new GenericFileWriterFactory.Builder(table)
            .dataSchema(table.schema())
            .deleteFileFormat(format(table))
            .build()
            .newPositionDeleteWriter(newFile(table, "pos-deletes", null), table.spec(), null);
    try (PositionDeleteWriter<Record> closing = writer) {
      PositionDelete<Record> delete = PositionDelete.create();
      for (JsonNode pair : Json.parse(pairsJson)) {
        closing.write(delete.set(pair.get(0).asText(), pair.get(1).asLong()));
      }
    }
    DeleteFile file = writer.toDeleteFile();
    table.newRowDelta().addDeletes(file).commit();
  }

  private static List<DataFile> dataFiles(Table table, List<Record> rows) throws Exception {
    List<DataFile> files = new ArrayList<>();
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table)
            .dataSchema(table.schema())
            .dataFileFormat(format(table))
            .build();
    for (Map.Entry<StructLike, List<Record>> part : byPartition(table, rows).entrySet()) {
      DataWriter<Record> writer =
          factory.newDataWriter(newFile(table, "data", part.getKey()), table.spec(), part.getKey());
      try (DataWriter<Record> closing = writer) {
        part.getValue().forEach(closing::write);
      }
      files.add(writer.toDataFile());
    }
    return files;
  }

  private static Map<StructLike, List<Record>> byPartition(Table table, List<Record> rows) {
    Map<StructLike, List<Record>> parts = new LinkedHashMap<>();
    PartitionSpec spec = table.spec();
    if (spec.isUnpartitioned()) {
      if (!rows.isEmpty()) {
        parts.put(null, rows);
      }
      return parts;
    }
    InternalRecordWrapper internal = new InternalRecordWrapper(table.schema().asStruct());
    StructLikeWrapper byValue = StructLikeWrapper.forType(spec.partitionType());
    Map<StructLikeWrapper, StructLike> known = new LinkedHashMap<>();
    for (Record row : rows) {
      PartitionKey key = new PartitionKey(spec, table.schema());
      key.partition(internal.wrap(row));
      StructLike same = known.computeIfAbsent(byValue.copyFor(key), ignored -> key);
      parts.computeIfAbsent(same, ignored -> new ArrayList<>()).add(row);
    }
    return parts;
  }

  private static Record narrowed(Schema schema, Record row) {
    Record out = org.apache.iceberg.data.GenericRecord.create(schema);
    schema.columns().forEach(field -> out.setField(field.name(), row.getField(field.name())));
    return out;
  }

  private static FileFormat format(Table table) {
    return FileFormat.fromString(
        table
            .properties()
            .getOrDefault(
                TableProperties.DEFAULT_FILE_FORMAT, TableProperties.DEFAULT_FILE_FORMAT_DEFAULT));
  }

  private static EncryptedOutputFile newFile(Table table, String kind, StructLike partition) {
    String name = String.format("java-%s-%s.%s", UUID.randomUUID(), kind, format(table).name().toLowerCase());
    String location =
        partition == null
            ? table.locationProvider().newDataLocation(name)
            : table.locationProvider().newDataLocation(table.spec(), partition, name);
    return EncryptedFiles.plainAsEncryptedOutput(table.io().newOutputFile(location));
  }
}
