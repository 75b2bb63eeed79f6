/** Dictionary-encoded columns decoded to plain ones. */
import { type Data, type DataType, Type, type Vector } from 'apache-arrow'
import { concatData, emptyData } from './concat.js'
import { validAt } from './layout.js'
import { takeData } from './take.js'

/** The same values without dictionary encoding, at the top level; other columns as they are. */
export function castToPlain(data: Data): Data {
  if (data.typeId !== Type.Dictionary || data.dictionary === undefined) return data
  const dictionary = dictionaryValues(data.dictionary)
  const keys = data.values as ArrayLike<number | bigint>
  const valid = validAt(data)
  const indices = new Int32Array(data.length)
  for (let i = 0; i < data.length; i++) indices[i] = valid(i) ? Number(keys[i]) : -1
  return takeData(dictionary, indices)
}

/** The dictionary's values as one chunk. */
export function dictionaryValues(dictionary: Vector<DataType>): Data {
  const chunks = dictionary.data as readonly Data[]
  if (chunks.length === 0) return emptyData(dictionary.type)
  const values = concatData(dictionary.type, chunks)
  return values.typeId === Type.Dictionary ? castToPlain(values) : values
}
