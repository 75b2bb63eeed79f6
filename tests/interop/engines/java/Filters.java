package moraine.interop;

import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expression.Operation;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.iceberg.types.Type;

/**
 * Predicates of the scenario language as Iceberg expressions. (The expression parser of the
 * library itself takes a literal in nanoseconds for one in microseconds.)
 */
final class Filters {
  private Filters() {}

  static Expression of(Schema schema, JsonNode tree) {
    if (tree.isBoolean()) {
      return tree.asBoolean() ? Expressions.alwaysTrue() : Expressions.alwaysFalse();
    }
    String op = tree.get("op").asText();
    switch (op) {
      case "and":
      case "or":
        Expression all = op.equals("and") ? Expressions.alwaysTrue() : Expressions.alwaysFalse();
        for (JsonNode part : tree.get("args")) {
          Expression next = of(schema, part);
          all = op.equals("and") ? Expressions.and(all, next) : Expressions.or(all, next);
        }
        return all;
      case "not":
        return Expressions.not(of(schema, tree.get("arg")));
      default:
        return leaf(schema, op, tree);
    }
  }

  private static Expression leaf(Schema schema, String op, JsonNode tree) {
    List<String> names = new ArrayList<>();
    tree.get("path").forEach(part -> names.add(part.asText()));
    String column = String.join(".", names);
    Type type = schema.findType(column);
    switch (op) {
      case "isNull":
        return Expressions.isNull(column);
      case "notNull":
        return Expressions.notNull(column);
      case "isNaN":
        return Expressions.isNaN(column);
      case "notNaN":
        return Expressions.notNaN(column);
      case "in":
      case "notIn":
        List<Object> values = new ArrayList<>();
        tree.get("values").forEach(value -> values.add(Values.literal(type, value).value()));
        return op.equals("in")
            ? Expressions.in(column, values)
            : Expressions.notIn(column, values);
      default:
        Literal<?> literal = Values.literal(type, tree.get("value"));
        return Expressions.predicate(operation(op), column, literal);
    }
  }

  private static Operation operation(String op) {
    switch (op) {
      case "eq":
        return Operation.EQ;
      case "ne":
        return Operation.NOT_EQ;
      case "lt":
        return Operation.LT;
      case "lte":
        return Operation.LT_EQ;
      case "gt":
        return Operation.GT;
      case "gte":
        return Operation.GT_EQ;
      case "startsWith":
        return Operation.STARTS_WITH;
      case "notStartsWith":
        return Operation.NOT_STARTS_WITH;
      default:
        throw new IllegalArgumentException("no operator " + op);
    }
  }
}
