"""Spark with Iceberg for `bench/rows.ts`: `rows_spark.py WAREHOUSE`, requests and answers as lines of JSON.

One warm session for all: local[2], two shuffle partitions, code generation as it is by default. The
warehouse is the folder of moraine's file catalog, which Iceberg's Hadoop catalog shares.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

JARS = pathlib.Path(__file__).resolve().parents[1] / ".ci" / ".jars"
CATALOG = "h"


def start(warehouse):
    scratch = tempfile.mkdtemp(prefix="moraine-bench-spark-")
    os.environ["TZ"] = "UTC"
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    jar = str((JARS / "iceberg-spark-runtime-4.1_2.13.jar").resolve())
    settings = {
        "spark.jars": jar,
        "spark.driver.extraClassPath": jar,
        "spark.driver.memory": "6g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        f"spark.sql.catalog.{CATALOG}": "org.apache.iceberg.spark.SparkCatalog",
        f"spark.sql.catalog.{CATALOG}.type": "hadoop",
        f"spark.sql.catalog.{CATALOG}.warehouse": warehouse,
        # moraine commits to the same tables between two statements.
        f"spark.sql.catalog.{CATALOG}.cache-enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse"),
        "spark.local.dir": scratch,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("bench")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def pid_of(spark):
    return spark._jvm.java.lang.ProcessHandle.current().pid()


def cpu_ms(spark):
    """Processor time of the Java process, all threads."""
    fields = pathlib.Path(f"/proc/{pid_of(spark)}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def peak_bytes(spark):
    for line in pathlib.Path(f"/proc/{pid_of(spark)}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def timed(spark, sql):
    cpu, began = cpu_ms(spark), time.perf_counter()
    spark.sql(sql).collect()
    return {"ms": (time.perf_counter() - began) * 1000, "cpuMs": cpu_ms(spark) - cpu}


def statement(request, table):
    if request["op"] == "upsert":
        return (
            f"MERGE INTO {table} t USING given s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )
    if request["op"] == "delete":
        return f"DELETE FROM {table} WHERE {request['where']}"
    if request["op"] == "scan":
        version = f" VERSION AS OF {request['snapshot']}" if request.get("snapshot") else ""
        return f"SELECT count(*), sum(id), sum(amount), sum(length(name)) FROM {table}{version}"
    raise ValueError(request["op"])


def run(spark, request):
    table = f"{CATALOG}.{request['table']}"
    sql = statement(request, table)
    if request["op"] == "scan":
        return {**timed(spark, sql), "peakRssBytes": peak_bytes(spark)}
    for name in ("merge", "delete"):
        spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.{name}.mode' = '{request['mode']}')")
    if request["op"] == "upsert":
        spark.read.parquet(request["source"]).createOrReplaceTempView("given")
    before = spark.sql(f"SELECT snapshot_id FROM {table}.refs WHERE name = 'main'").collect()[0][0]
    answer = timed(spark, sql)
    sums = spark.sql(f"SELECT count(*), sum(id), sum(cast(amount * 100 AS bigint)), sum(length(name)) FROM {table}")
    checksum = [int(value) for value in sums.collect()[0]]
    spark.sql(f"CALL {CATALOG}.system.set_current_snapshot('{request['table']}', {before})")
    return {**answer, "peakRssBytes": peak_bytes(spark), "checksum": checksum}


def main():
    spark = start(sys.argv[1])
    iceberg = spark._jvm.org.apache.iceberg.IcebergBuild.version()
    print(json.dumps({"spark": spark.version, "iceberg": iceberg}), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(spark, json.loads(line))), flush=True)
    spark.stop()


main()
