package moraine.interop;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.Geography;
import org.apache.spark.sql.types.GeographyType;
import org.apache.spark.sql.types.Geometry;
import org.apache.spark.sql.types.GeometryType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.sql.types.VariantType;
import org.apache.spark.unsafe.types.VariantVal;
import scala.jdk.javaapi.CollectionConverters;

/** Canonical JSON and Spark's rows, by Spark type (dates and times as java.time values). */
public final class SparkRows {
  private SparkRows() {}

  /** A frame of the rows; each must name every column of the schema. */
  public static Dataset<Row> frame(SparkSession spark, StructType schema, String rowsJson)
      throws Exception {
    List<Row> rows = new ArrayList<>();
    for (JsonNode node : Json.parse(rowsJson)) {
      rows.add((Row) value(schema, node));
    }
    return spark.createDataFrame(rows, schema);
  }

  private static Object value(DataType type, JsonNode node) {
    if (node == null || node.isNull() || type instanceof NullType) {
      return null;
    }
    if (type instanceof StructType) {
      List<Object> values = new ArrayList<>();
      for (StructField field : ((StructType) type).fields()) {
        values.add(value(field.dataType(), node.get(field.name())));
      }
      return RowFactory.create(values.toArray());
    }
    if (type instanceof ArrayType) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(value(((ArrayType) type).elementType(), item)));
      return CollectionConverters.asScala(items).toSeq();
    }
    if (type instanceof MapType) {
      Map<Object, Object> map = new LinkedHashMap<>();
      MapType kind = (MapType) type;
      node.forEach(
          pair -> map.put(value(kind.keyType(), pair.get(0)), value(kind.valueType(), pair.get(1))));
      return CollectionConverters.asScala(map);
    }
    return primitive(type, node);
  }

  private static Object primitive(DataType type, JsonNode node) {
    if (type instanceof BooleanType) {
      return node.asBoolean();
    }
    if (type instanceof IntegerType) {
      return node.asInt();
    }
    if (type instanceof LongType) {
      return Long.parseLong(node.asText());
    }
    if (type instanceof FloatType) {
      return (float) Double.parseDouble(node.asText());
    }
    if (type instanceof DoubleType) {
      return Double.parseDouble(node.asText());
    }
    if (type instanceof DecimalType) {
      return new BigDecimal(node.asText()).setScale(((DecimalType) type).scale());
    }
    if (type instanceof DateType) {
      return LocalDate.parse(node.asText());
    }
    if (type instanceof TimestampType) {
      return OffsetDateTime.parse(node.asText()).toInstant();
    }
    if (type instanceof TimestampNTZType) {
      return LocalDateTime.parse(node.asText());
    }
    if (type instanceof StringType) {
      return node.asText();
    }
    if (type instanceof BinaryType) {
      return Json.bytes(node);
    }
    if (type instanceof VariantType) {
      return new VariantVal(Json.bytes(node.get("value")), Json.bytes(node.get("metadata")));
    }
    if (type instanceof GeometryType) {
      return Geometry.fromWKB(Json.bytes(node), ((GeometryType) type).srid());
    }
    if (type instanceof GeographyType) {
      return Geography.fromWKB(Json.bytes(node), ((GeographyType) type).srid());
    }
    throw new UnsupportedOperationException("no canonical form for " + type.simpleString());
  }

  /** The rows as a JSON array of canonical objects. */
  public static String encode(Dataset<Row> frame) {
    StructType schema = frame.schema();
    StringBuilder out = new StringBuilder("[");
    for (Row row : frame.collectAsList()) {
      out.append(out.length() == 1 ? "" : ",\n");
      encode(schema, row, out);
    }
    return out.append("]").toString();
  }

  private static void encode(DataType type, Object value, StringBuilder out) {
    if (value == null) {
      out.append("null");
    } else if (type instanceof StructType) {
      encodeStruct((StructType) type, (Row) value, out);
    } else if (type instanceof ArrayType) {
      String comma = "";
      out.append("[");
      for (Object item : CollectionConverters.asJava((scala.collection.Seq<?>) value)) {
        out.append(comma);
        encode(((ArrayType) type).elementType(), item, out);
        comma = ",";
      }
      out.append("]");
    } else if (type instanceof MapType) {
      encodeMap((MapType) type, CollectionConverters.asJava((scala.collection.Map<?, ?>) value), out);
    } else {
      encodePrimitive(type, value, out);
    }
  }

  private static void encodeStruct(StructType type, Row row, StringBuilder out) {
    out.append("{");
    StructField[] fields = type.fields();
    for (int at = 0; at < fields.length; at++) {
      out.append(at == 0 ? "" : ",").append(Json.quote(fields[at].name())).append(":");
      encode(fields[at].dataType(), row.get(at), out);
    }
    out.append("}");
  }

  private static void encodeMap(MapType type, Map<?, ?> map, StringBuilder out) {
    TreeMap<String, String> sorted = new TreeMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      StringBuilder key = new StringBuilder();
      StringBuilder item = new StringBuilder();
      encode(type.keyType(), entry.getKey(), key);
      encode(type.valueType(), entry.getValue(), item);
      sorted.put(key.toString(), item.toString());
    }
    out.append(IcebergRows.pairs(sorted));
  }

  private static void encodePrimitive(DataType type, Object value, StringBuilder out) {
    if (type instanceof BooleanType
        || type instanceof IntegerType
        || type instanceof ShortType
        || type instanceof ByteType) {
      out.append(value);
    } else if (type instanceof FloatType || type instanceof DoubleType) {
      out.append(Json.number(((Number) value).doubleValue()));
    } else if (type instanceof DecimalType) {
      int scale = ((DecimalType) type).scale();
      out.append(Json.quote(((BigDecimal) value).setScale(scale).toPlainString()));
    } else if (type instanceof TimestampType) {
      LocalDateTime utc = LocalDateTime.ofInstant((Instant) value, ZoneOffset.UTC);
      out.append(Json.timestamp(utc, true, 6));
    } else if (type instanceof TimestampNTZType) {
      out.append(Json.timestamp((LocalDateTime) value, false, 6));
    } else if (type instanceof BinaryType) {
      out.append(Json.hex((byte[]) value));
    } else if (type instanceof VariantType) {
      VariantVal variant = (VariantVal) value;
      out.append("{\"metadata\":").append(Json.hex(variant.getMetadata()));
      out.append(",\"value\":").append(Json.hex(variant.getValue()));
      out.append(",\"json\":").append(Json.quote(variant.toJson(ZoneOffset.UTC))).append("}");
    } else if (type instanceof GeometryType) {
      out.append(Json.hex(((Geometry) value).getBytes()));
    } else if (type instanceof GeographyType) {
      out.append(Json.hex(((Geography) value).getBytes()));
    } else { // long, date, string
      out.append(Json.quote(value.toString()));
    }
  }
}
