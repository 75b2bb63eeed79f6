/** Names and folders of data files, as the reference lays them out. */
import { murmur3x86 } from '../codec/murmur3.js'
import type { Env } from '../env/env.js'
import { randomUuid } from '../env/ids.js'
import { dataFolder } from '../format/locations.js'
import type { PartitionTuple, TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import type { PartitionSpec } from '../partition/model.js'
import { partitionPath } from '../partition/partition-path.js'
import type { Schema } from '../types/type.js'
import { encodeUtf8 } from '../util/utf8.js'

/** Gives a path nobody has used, for each call another. */
export type NewDataFilePath = (tuple: PartitionTuple) => string

type Located = Pick<TableMetadata, 'location' | 'properties'>

/**
 * Paths below the table's data folder: `<partition>/00000-0-<uuid>-<count>.parquet`, or spread over
 * hashed folders with `write.object-storage.enabled`.
 */
export function dataFilePaths(
  table: Located,
  schema: Schema,
  spec: PartitionSpec,
  env: Env,
): NewDataFilePath {
  const folder = dataFolder(table)
  const properties = tableProperties(table.properties)
  const job = randomUuid(env)
  let count = 0
  return (tuple) => {
    count++
    const name = `00000-0-${job}-${String(count).padStart(5, '0')}.parquet`
    const partition = partitionPath(spec, schema, tuple)
    const inPartition = partition === '' ? name : `${partition}/${name}`
    if (!properties.objectStorageEnabled) return `${folder}/${inPartition}`
    const withPartition = properties.objectStoragePartitionedPaths
    return objectStoragePath(
      table.location,
      folder,
      withPartition ? inPartition : name,
      withPartition,
    )
  }
}

/**
 * The layout of the reference's `ObjectStoreLocationProvider`: 20 bits of the name's hash as folders,
 * so that object stores can spread the load by key prefix.
 */
function objectStoragePath(
  location: string,
  folder: string,
  name: string,
  withPartition: boolean,
): string {
  const bits = (murmur3x86(encodeUtf8(name)) >>> 0).toString(2).padStart(32, '0').slice(-20)
  const hash = `${bits.slice(0, 4)}/${bits.slice(4, 8)}/${bits.slice(8, 12)}/${bits.slice(12)}`
  if (!folder.startsWith(location)) {
    // Data outside the table's folder gets the table's name as a folder.
    const context = location.replace(/\/+$/, '').split('/').slice(-2).join('/')
    return `${folder}/${hash}/${context}/${name}`
  }
  return withPartition ? `${folder}/${hash}/${name}` : `${folder}/${hash}-${name}`
}
