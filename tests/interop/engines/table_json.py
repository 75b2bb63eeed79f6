"""Schemas, specs and sort orders of the scenario language in the JSON of the table format."""


def with_ids(schema):
    """A schema whose fields have ids: those given, or numbers in order where none is given."""
    used = {field["id"] for field in walk(schema["fields"]) if "id" in field}
    counter = iter(n for n in range(1, 100_000) if n not in used)

    def typed(kind):
        if isinstance(kind, str):
            return kind
        if kind["type"] == "struct":
            return {"type": "struct", "fields": fields(kind["fields"])}
        if kind["type"] == "list":
            number = kind["element-id"] if "element-id" in kind else next(counter)
            return {
                "type": "list", "element-id": number, "element": typed(kind["element"]),
                "element-required": kind.get("element-required", False),
            }  # fmt: skip
        key = kind["key-id"] if "key-id" in kind else next(counter)
        value = kind["value-id"] if "value-id" in kind else next(counter)
        return {
            "type": "map", "key-id": key, "key": typed(kind["key"]), "value-id": value,
            "value": typed(kind["value"]), "value-required": kind.get("value-required", False),
        }  # fmt: skip

    def fields(given):
        out = []
        for field in given:
            number = field["id"] if "id" in field else next(counter)
            out.append({"required": False, **field, "id": number})
        return [{**field, "type": typed(field["type"])} for field in out]

    out = {"type": "struct", "schema-id": 0, "fields": fields(schema["fields"])}
    if schema.get("identifier-field-ids"):
        out["identifier-field-ids"] = schema["identifier-field-ids"]
    return out


def walk(fields):
    for field in fields:
        yield field
        if isinstance(field["type"], dict) and field["type"]["type"] == "struct":
            yield from walk(field["type"]["fields"])


def default_name(path, transform):
    """The name of a partition field that none was given for, as the reference names it."""
    name = ".".join(path)
    kind, _, argument = transform.rstrip("]").partition("[")
    return {
        "identity": name, "bucket": f"{name}_bucket", "truncate": f"{name}_trunc", "void": f"{name}_null",
    }.get(kind, f"{name}_{kind}")  # fmt: skip
