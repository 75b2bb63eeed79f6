"""Starts Spark with Iceberg's runtime and our Java helper, and stops it with this process."""

import os
import pathlib
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
JARS = ROOT / ".ci" / ".jars"
CATALOG = "h"


def start(warehouse, scratch=None):
    """A one-core session whose catalog `h` is Iceberg's Hadoop catalog over a folder."""
    jars = [JARS / "iceberg-spark-runtime-4.1_2.13.jar", JARS / "helper.jar"]
    for jar in jars:
        if not jar.exists():
            raise SystemExit(f"{jar} is missing: run bash .ci/interop-setup")
    jars = [str(jar.resolve()) for jar in jars]
    scratch = scratch or tempfile.mkdtemp(prefix="moraine-spark-")
    os.environ["TZ"] = "UTC"
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    settings = {
        "spark.jars": ",".join(jars),
        "spark.driver.extraClassPath": ":".join(jars),
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        f"spark.sql.catalog.{CATALOG}": "org.apache.iceberg.spark.SparkCatalog",
        f"spark.sql.catalog.{CATALOG}.type": "hadoop",
        f"spark.sql.catalog.{CATALOG}.warehouse": str(warehouse),
        # Others commit to the same tables between two statements.
        f"spark.sql.catalog.{CATALOG}.cache-enabled": "false",
        # With its cache of delete files on, Spark itself gave wrong rows after an equality-delete
        # column had been renamed and widened.
        "spark.sql.iceberg.executor-cache.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.datetime.java8API.enabled": "true",
        "spark.sql.geospatial.enabled": "true",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.warehouse.dir": os.path.join(scratch, "spark-warehouse"),
        "spark.local.dir": scratch,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[1]").appName("interop")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark
