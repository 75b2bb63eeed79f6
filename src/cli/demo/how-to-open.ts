/** Commands that open the table in other engines, ready to be pasted. */
export function howToOpen(table: {
  readonly warehouse: string
  readonly metadataFile: string
  readonly name: string
}): readonly { readonly engine: string; readonly lines: readonly string[] }[] {
  const file = JSON.stringify(table.metadataFile)
  const sql = `SELECT count(*) FROM iceberg_scan('${table.metadataFile.replaceAll("'", "''")}')`
  return [
    {
      engine: 'DuckDB (command line)',
      lines: [`duckdb -c ${shell(`INSTALL iceberg; LOAD iceberg; ${sql};`)}`],
    },
    {
      engine: 'PyIceberg (pip install "pyiceberg[pyarrow]")',
      lines: [
        `python3 -c ${shell(
          `from pyiceberg.table import StaticTable; print(StaticTable.from_metadata(${file}).scan().to_arrow())`,
        )}`,
      ],
    },
    {
      engine: 'Spark',
      lines: [
        'spark-sql --packages org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0 \\',
        '  --conf spark.sql.catalog.moraine=org.apache.iceberg.spark.SparkCatalog \\',
        '  --conf spark.sql.catalog.moraine.type=hadoop \\',
        `  --conf spark.sql.catalog.moraine.warehouse=${shell(table.warehouse)} \\`,
        `  -e 'SELECT count(*) FROM moraine.${table.name}'`,
      ],
    },
  ]
}

/** A text as one word of a POSIX shell. */
function shell(text: string): string {
  if (text.includes("'") && !/["$`\\!]/.test(text)) return `"${text}"`
  return `'${text.replaceAll("'", `'\\''`)}'`
}
