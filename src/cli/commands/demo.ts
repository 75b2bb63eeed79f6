import type { Command } from '../command.js'
import { findFlights } from '../demo/find-flights.js'
import { UsageError } from '../exit-code.js'

/** `moraine demo`. */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'take 3 million real flights through the whole life of a table',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    dir: {
      type: 'string',
      value: 'FOLDER',
      help: 'warehouse to make the table in (./demo-warehouse)',
    },
    warehouse: {
      type: 'string',
      value: 'URI',
      help: 'the same anywhere: s3://…, gs://… or abfss://… (keys: variables AWS_…, GOOGLE_…, AZURE_…)',
    },
    data: {
      type: 'string',
      value: 'FILE',
      help: 'the flights; those of vega-datasets when left out',
    },
  },
  details:
    'Appends six months of flights, changes the schema, corrects a month, makes a mistake and rolls it\nback, then reads the table as of its past. Run it again: it starts over.',
  examples: [
    'moraine demo',
    'moraine demo --dir /tmp/warehouse',
    'moraine demo --warehouse s3://bucket/warehouse',
    'moraine demo --warehouse gs://bucket/warehouse',
    'moraine demo --warehouse abfss://container@account.dfs.core.windows.net/warehouse',
  ],
  async run(invocation, terminal) {
    const dir = invocation.text('dir')
    const warehouse = invocation.text('warehouse')
    if (dir !== undefined && warehouse !== undefined) {
      throw new UsageError('give --dir or --warehouse, not both')
    }
    const file = findFlights(invocation.text('data'))
    const { tellStory } = await import('../demo/story.js')
    await tellStory(warehouse ?? dir ?? './demo-warehouse', file, terminal)
    return undefined
  },
}
