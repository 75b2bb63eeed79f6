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
    return of(schema, tree, false);
  }

  /**
   * Negation is carried down to the leaves, and a comparison asks for a value beside: the generic
   * reader takes null for the lowest one, where SQL has it pass no comparison.
   */
  private static Expression of(Schema schema, JsonNode tree, boolean negated) {
    if (tree.isBoolean()) {
      return tree.asBoolean() != negated ? Expressions.alwaysTrue() : Expressions.alwaysFalse();
    }
    String op = tree.get("op").asText();
    switch (op) {
      case "and":
      case "or":
        boolean every = op.equals("and") != negated;
        Expression all = every ? Expressions.alwaysTrue() : Expressions.alwaysFalse();
        for (JsonNode part : tree.get("args")) {
          Expression next = of(schema, part, negated);
          all = every ? Expressions.and(all, next) : Expressions.or(all, next);
        }
        return all;
      case "not":
        return of(schema, tree.get("arg"), !negated);
      default:
        Expression leaf = leaf(schema, op, tree);
        Expression wanted = negated ? Expressions.not(leaf) : leaf;
        boolean compares = tree.has("value") || tree.has("values");
        return compares ? Expressions.and(Expressions.notNull(column(tree)), wanted) : wanted;
    }
  }

  private static String column(JsonNode tree) {
    List<String> names = new ArrayList<>();
    tree.get("path").forEach(part -> names.add(part.asText()));
    return String.join(".", names);
  }

  private static Expression leaf(Schema schema, String op, JsonNode tree) {
    String column = column(tree);
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
