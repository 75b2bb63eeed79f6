package moraine.interop;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.variants.Variant;
import org.apache.iceberg.variants.VariantMetadata;
import org.apache.iceberg.variants.VariantValue;

/** Canonical JSON and the records of Iceberg's generic (engine-free) readers and writers. */
final class IcebergRows {
  private IcebergRows() {}

  /** Fields that a row leaves out take the column's write default. */
  static List<Record> decode(Schema schema, String rowsJson) throws Exception {
    List<Record> rows = new ArrayList<>();
    for (JsonNode node : Json.parse(rowsJson)) {
      rows.add(record(schema.asStruct(), node));
    }
    return rows;
  }

  private static Record record(Types.StructType type, JsonNode node) {
    Record record = GenericRecord.create(type);
    for (Types.NestedField field : type.fields()) {
      JsonNode given = node.get(field.name());
      record.setField(
          field.name(),
          given == null && field.writeDefault() != null
              ? generic(field)
              : value(field.type(), given));
    }
    return record;
  }

  private static Object generic(Types.NestedField field) {
    return org.apache.iceberg.data.IdentityPartitionConverters.convertConstant(
        field.type(), field.writeDefault());
  }

  static Object value(Type type, JsonNode node) {
    if (node == null || node.isNull()) {
      return null;
    }
    switch (type.typeId()) {
      case BOOLEAN:
        return node.asBoolean();
      case INTEGER:
        return node.asInt();
      case LONG:
        return Long.parseLong(node.asText());
      case FLOAT:
        return (float) Double.parseDouble(node.asText());
      case DOUBLE:
        return Double.parseDouble(node.asText());
      case DECIMAL:
        return new BigDecimal(node.asText()).setScale(((Types.DecimalType) type).scale());
      case DATE:
        return LocalDate.parse(node.asText());
      case TIME:
        return LocalTime.parse(node.asText());
      case TIMESTAMP:
        return stamp(node, ((Types.TimestampType) type).shouldAdjustToUTC());
      case TIMESTAMP_NANO:
        return stamp(node, ((Types.TimestampNanoType) type).shouldAdjustToUTC());
      case STRING:
        return node.asText();
      case UUID:
        return UUID.fromString(node.asText());
      case FIXED:
        return Json.bytes(node);
      case BINARY:
      case GEOMETRY:
      case GEOGRAPHY:
        return ByteBuffer.wrap(Json.bytes(node));
      case VARIANT:
        return variant(node);
      case UNKNOWN:
        return null;
      case STRUCT:
        return record(type.asStructType(), node);
      case LIST:
        List<Object> list = new ArrayList<>();
        node.forEach(item -> list.add(value(type.asListType().elementType(), item)));
        return list;
      case MAP:
        Map<Object, Object> map = new LinkedHashMap<>();
        node.forEach(
            pair ->
                map.put(
                    value(type.asMapType().keyType(), pair.get(0)),
                    value(type.asMapType().valueType(), pair.get(1))));
        return map;
      default:
        throw new UnsupportedOperationException("no canonical form for " + type);
    }
  }

  private static Object stamp(JsonNode node, boolean zoned) {
    return zoned ? OffsetDateTime.parse(node.asText()) : LocalDateTime.parse(node.asText());
  }

  private static Variant variant(JsonNode node) {
    VariantMetadata metadata = VariantMetadata.from(littleEndian(Json.bytes(node.get("metadata"))));
    return Variant.of(
        metadata, VariantValue.from(metadata, littleEndian(Json.bytes(node.get("value")))));
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void encode(Type type, Object value, StringBuilder out) {
    if (value == null) {
      out.append("null");
      return;
    }
    switch (type.typeId()) {
      case BOOLEAN:
      case INTEGER:
        out.append(value);
        return;
      case FLOAT:
      case DOUBLE:
        out.append(Json.number(((Number) value).doubleValue()));
        return;
      case DECIMAL:
        out.append(Json.quote(((BigDecimal) value).toPlainString()));
        return;
      case TIME:
        out.append(Json.quote(Json.clock((LocalTime) value, 6)));
        return;
      case TIMESTAMP:
      case TIMESTAMP_NANO:
        boolean zoned = value instanceof OffsetDateTime;
        LocalDateTime local =
            zoned
                ? ((OffsetDateTime) value).withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
                : (LocalDateTime) value;
        out.append(
            Json.timestamp(local, zoned, type.typeId() == Type.TypeID.TIMESTAMP_NANO ? 9 : 6));
        return;
      case FIXED: // bytes from a file, a buffer from an identity partition
        out.append(value instanceof byte[] ? Json.hex((byte[]) value) : Json.hex((ByteBuffer) value));
        return;
      case BINARY:
      case GEOMETRY:
      case GEOGRAPHY:
        out.append(Json.hex((ByteBuffer) value));
        return;
      case VARIANT:
        encodeVariant((Variant) value, out);
        return;
      case STRUCT:
        encodeStruct(type.asStructType(), (Record) value, out);
        return;
      case LIST:
        String comma = "[";
        for (Object item : (List<?>) value) {
          out.append(comma);
          encode(type.asListType().elementType(), item, out);
          comma = ",";
        }
        out.append(comma.equals("[") ? "[]" : "]");
        return;
      case MAP:
        encodeMap(type.asMapType(), (Map<?, ?>) value, out);
        return;
      default: // long, date, string, uuid
        out.append(Json.quote(value.toString()));
    }
  }

  static void encodeStruct(Types.StructType type, Record record, StringBuilder out) {
    String comma = "{";
    for (Types.NestedField field : type.fields()) {
      out.append(comma).append(Json.quote(field.name())).append(":");
      encode(field.type(), record.getField(field.name()), out);
      comma = ",";
    }
    out.append(comma.equals("{") ? "{}" : "}");
  }

  private static void encodeMap(Types.MapType type, Map<?, ?> map, StringBuilder out) {
    TreeMap<String, String> sorted = new TreeMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      StringBuilder key = new StringBuilder();
      StringBuilder item = new StringBuilder();
      encode(type.keyType(), entry.getKey(), key);
      encode(type.valueType(), entry.getValue(), item);
      sorted.put(key.toString(), item.toString());
    }
    out.append(pairs(sorted));
  }

  static String pairs(TreeMap<String, String> sorted) {
    List<String> out = new ArrayList<>();
    sorted.forEach((key, item) -> out.add("[" + key + "," + item + "]"));
    return "[" + String.join(",", out) + "]";
  }

  private static void encodeVariant(Variant variant, StringBuilder out) {
    ByteBuffer metadata = littleEndian(new byte[variant.metadata().sizeInBytes()]);
    variant.metadata().writeTo(metadata, 0);
    ByteBuffer body = littleEndian(new byte[variant.value().sizeInBytes()]);
    variant.value().writeTo(body, 0);
    out.append("{\"metadata\":").append(Json.hex(metadata.array()));
    out.append(",\"value\":").append(Json.hex(body.array())).append("}");
  }
}
