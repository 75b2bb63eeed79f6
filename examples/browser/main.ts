import { col, openTable } from 'moraine'

// Beside the page; any https:// URL of a table's folder or metadata file does.
const table = await openTable(new URL('./warehouse/nyc/trips', document.baseURI).href)

const body = document.querySelector('tbody')
const expensive = table.scan({ select: ['city', 'fare', 'day'], where: col('fare').gt('10') })
for await (const { city, fare, day } of expensive.rows()) {
  const row = body?.insertRow()
  for (const value of [city, fare, day]) row?.insertCell().append(String(value))
}
document.title = `${body?.rows.length} trips`
