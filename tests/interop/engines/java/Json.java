package moraine.interop;

import java.nio.ByteBuffer;
import java.time.LocalDateTime;
import java.time.LocalTime;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.ObjectMapper;

/** The spelling of values in canonical JSON, shared by the rows of Spark and of Iceberg's own reader. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static JsonNode parse(String text) throws Exception {
    return MAPPER.readTree(text);
  }

  static String quote(String text) {
    try {
      return MAPPER.writeValueAsString(text);
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A float comes here widened: its canonical form is the double of the same value. */
  static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || (value == 0 && 1 / value < 0)) {
      return quote(Double.toString(value));
    }
    return Double.toString(value);
  }

  static String timestamp(LocalDateTime value, boolean zoned, int digits) {
    return quote(value.toLocalDate() + "T" + clock(value.toLocalTime(), digits) + (zoned ? "Z" : ""));
  }

  static String clock(LocalTime time, int digits) {
    String nanos = String.format("%09d", time.getNano());
    return String.format(
        "%02d:%02d:%02d.%s",
        time.getHour(), time.getMinute(), time.getSecond(), nanos.substring(0, digits));
  }

  static String hex(byte[] bytes) {
    StringBuilder out = new StringBuilder("0x");
    for (byte one : bytes) {
      out.append(Character.forDigit((one >> 4) & 15, 16)).append(Character.forDigit(one & 15, 16));
    }
    return quote(out.toString());
  }

  static String hex(ByteBuffer buffer) {
    ByteBuffer view = buffer.duplicate();
    byte[] bytes = new byte[view.remaining()];
    view.get(bytes);
    return hex(bytes);
  }

  static byte[] bytes(JsonNode node) {
    String text = node.asText();
    if (!text.startsWith("0x") || text.length() % 2 != 0) {
      throw new IllegalArgumentException("not bytes as 0x and hex digits: " + text);
    }
    byte[] out = new byte[text.length() / 2 - 1];
    for (int at = 0; at < out.length; at++) {
      out[at] = (byte) Integer.parseInt(text.substring(2 + 2 * at, 4 + 2 * at), 16);
    }
    return out;
  }
}
