/** Where a table's files go: folders of the table, or what its properties say. */
import type { TableMetadata } from './model.js'
import { tableProperties } from './properties.js'

type Located = Pick<TableMetadata, 'location' | 'properties'>

/** The folder of metadata files, without a trailing slash (`write.metadata.path`). */
export function metadataFolder(table: Located): string {
  return tableProperties(table.properties).metadataPath ?? `${table.location}/metadata`
}

/** The folder of data files, without a trailing slash (`write.data.path`). */
export function dataFolder(table: Located): string {
  return tableProperties(table.properties).dataPath ?? `${table.location}/data`
}

/** The path of a metadata file by its name. */
export function metadataFilePath(table: Located, name: string): string {
  return `${metadataFolder(table)}/${name}`
}
