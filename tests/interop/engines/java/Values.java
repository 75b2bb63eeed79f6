package moraine.interop;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Canonical JSON values as Iceberg's literals: for predicates and for default values. */
public final class Values {
  private Values() {}

  public static Literal<?> literal(Type type, String json) throws Exception {
    return literal(type, Json.parse(json));
  }

  public static Literal<?> literal(Type type, JsonNode node) {
    switch (type.typeId()) {
      case BOOLEAN:
        return Literal.of(node.asBoolean());
      case INTEGER:
        return Literal.of(node.asInt());
      case LONG:
        return Literal.of(Long.parseLong(node.asText()));
      case FLOAT:
        return Literal.of((float) Double.parseDouble(node.asText()));
      case DOUBLE:
        return Literal.of(Double.parseDouble(node.asText()));
      case DECIMAL:
        return Literal.of(new BigDecimal(node.asText()).setScale(((Types.DecimalType) type).scale()));
      case FIXED:
      case BINARY:
        return Literal.of(ByteBuffer.wrap(Json.bytes(node))).to(type);
      default: // string, uuid, date, time and timestamps, which Iceberg parses from their ISO form
        return Literal.of(node.asText()).to(type);
    }
  }
}
