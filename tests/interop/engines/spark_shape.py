"""Spark's driver: creation, evolution, properties and references, through Iceberg's Java API."""

import json

import table_json
from engine import Refused, dumps


def dotted(path):
    return ".".join(path)


class Shape:
    """Operations on what a table is, not on its rows. Mixed into the driver."""

    @property
    def api(self):
        return self.jvm.org.apache.iceberg

    def op_create(self, request):
        schema = table_json.with_ids(request["schema"])
        parsed = self.api.SchemaParser.fromJson(dumps(schema))
        builder = self.api.PartitionSpec.builderFor(parsed)
        for field in request.get("spec") or []:
            self.spec_field(builder, field)
        config = self.jvm.java.util.HashMap()
        for key, value in {"format-version": str(request.get("version", 2)), **(request.get("properties") or {})}.items():
            config.put(key, value)
        identifier = self.identifier(request["table"])
        creation = self.catalog.buildTable(identifier, parsed).withPartitionSpec(builder.build()).withProperties(config)
        if request.get("order"):
            creation = creation.withSortOrder(self.sort_order(self.api.SortOrder.builderFor(parsed), request["order"]).build())
        creation.create()
        if request.get("identifier"):
            update = self.load(request["table"]).updateSchema()
            update.setIdentifierFields(self.strings(dotted(path) for path in request["identifier"])).commit()
        return {}

    def spec_field(self, builder, field):
        name = field.get("name") or table_json.default_name(field["source"], field["transform"])
        kind, _, argument = field["transform"].rstrip("]").partition("[")
        source = dotted(field["source"])
        if kind in ("bucket", "truncate"):
            getattr(builder, kind)(source, int(argument), name)
        elif kind == "void":
            builder.alwaysNull(source, name)
        else:
            getattr(builder, kind)(source, name)

    def term(self, field):
        """The term of a transform, as updates and sort orders take it."""
        kind, _, argument = field["transform"].rstrip("]").partition("[")
        make, source = self.api.expressions.Expressions, dotted(field["source"])
        if kind == "identity":
            return make.ref(source)
        if kind in ("bucket", "truncate"):
            return getattr(make, kind)(source, int(argument))
        return getattr(make, kind)(source)

    def sort_order(self, builder, order):
        nulls = self.api.NullOrder
        for field in order:
            placed = nulls.NULLS_FIRST if field["nulls"] == "first" else nulls.NULLS_LAST
            getattr(builder, field["direction"])(self.term(field), placed)
        return builder

    # -- schema --

    def op_evolve(self, request):
        table = self.load(request["table"])
        update = table.updateSchema()
        for change in request["changes"]:
            self.change(update, table, change)
        update.commit()
        return {}

    def change(self, update, table, change):
        path = change.get("path")
        name = dotted(path) if path else None
        what = change["change"]
        if what == "add":
            self.add(update, change)
        elif what == "drop":
            update.deleteColumn(name)
        elif what == "rename":
            update.renameColumn(name, change["name"])
        elif what == "widen":
            update.updateColumn(name, self.api.types.Types.fromPrimitiveString(change["type"]))
        elif what == "optional":
            update.makeColumnOptional(name)
        elif what == "require":
            update.allowIncompatibleChanges().requireColumn(name)
        elif what == "move":
            self.move(update, name, change)
        elif what == "doc":
            update.updateColumnDoc(name, change["doc"])
        elif what == "default":
            kind = table.schema().findField(name).type()
            update.updateColumnDefault(name, self.literal(kind, change["value"]))
        elif what == "identifier":
            update.setIdentifierFields(self.strings(dotted(path) for path in change["paths"]))
        elif what == "union":
            update.unionByNameWith(self.api.SchemaParser.fromJson(dumps(table_json.with_ids({"fields": change["fields"]}))))
        else:
            raise Refused(f"spark cannot change a schema by {what}")

    def add(self, update, change):
        *parents, name = change["path"]
        kind = self.type(change["type"])
        default = change.get("default")
        literal = None if default is None else self.literal(kind, default)
        parent = dotted(parents) if parents else None
        add = update.addRequiredColumn if change.get("required") else update.addColumn
        if change.get("required") and literal is None:
            update.allowIncompatibleChanges()
        if literal is None:
            add(parent, name, kind, change.get("doc"))
        else:
            add(parent, name, kind, change.get("doc"), literal)
        if any(change.get(where) for where in ("first", "after", "before")):
            self.move(update, dotted(change["path"]), change)

    def move(self, update, name, change):
        if change.get("first"):
            update.moveFirst(name)
        elif change.get("after"):
            update.moveAfter(name, dotted(change["after"]))
        else:
            update.moveBefore(name, dotted(change["before"]))

    def type(self, kind):
        if isinstance(kind, str):
            return self.api.types.Types.fromPrimitiveString(kind)
        schema = table_json.with_ids({"fields": [{"name": "x", "type": kind}]})
        return self.api.SchemaParser.fromJson(dumps(schema)).findType("x")

    def literal(self, kind, value):
        return self.helper.Values.literal(kind, json.dumps(value))

    # -- spec, order, properties --

    def op_spec(self, request):
        update = self.load(request["table"]).updateSpec()
        for name in request.get("remove") or []:
            update.removeField(name)
        for field in request.get("add") or []:
            if field.get("name"):
                update.addField(field["name"], self.term(field))
            else:
                update.addField(self.term(field))
        for name, to in (request.get("rename") or {}).items():
            update.renameField(name, to)
        update.commit()
        return {}

    def op_order(self, request):
        self.sort_order(self.load(request["table"]).replaceSortOrder(), request["order"]).commit()
        return {}

    def op_properties(self, request):
        update = self.load(request["table"]).updateProperties()
        for key, value in (request.get("set") or {}).items():
            update.set(key, value)
        for key in request.get("remove") or []:
            update.remove(key)
        update.commit()
        return {}

    def op_upgrade(self, request):
        return self.op_properties({"table": request["table"], "set": {"format-version": str(request["version"])}})

    # -- references and history --

    def op_branch(self, request):
        self.reference(request, "createBranch")
        return {}

    def op_tag(self, request):
        self.reference(request, "createTag")
        return {}

    def reference(self, request, create):
        table = self.load(request["table"])
        snapshot = request.get("snapshot")
        manage = table.manageSnapshots()
        if snapshot is None and table.currentSnapshot() is None:
            if create == "createTag":
                raise Refused("spark cannot tag a table without a snapshot")
            manage.createBranch(request["name"]).commit()
            return
        number = table.currentSnapshot().snapshotId() if snapshot is None else int(snapshot)
        getattr(manage, create)(request["name"], self.long(number)).commit()

    def op_dropBranch(self, request):
        self.load(request["table"]).manageSnapshots().removeBranch(request["name"]).commit()
        return {}

    def op_dropTag(self, request):
        self.load(request["table"]).manageSnapshots().removeTag(request["name"]).commit()
        return {}

    def op_fastForward(self, request):
        self.load(request["table"]).manageSnapshots().fastForwardBranch(request["branch"], request["to"]).commit()
        return {}

    def op_rollback(self, request):
        self.load(request["table"]).manageSnapshots().rollbackTo(self.long(request["snapshot"])).commit()
        return {}

    def op_setCurrent(self, request):
        self.load(request["table"]).manageSnapshots().setCurrentSnapshot(self.long(request["snapshot"])).commit()
        return {}

    def op_cherrypick(self, request):
        self.load(request["table"]).manageSnapshots().cherrypick(self.long(request["snapshot"])).commit()
        return {}
