/** A column of variants, whose bytes are checked before anybody keeps them. */
import { type Field as ArrowField, Type as ArrowType, type Data, type DataType } from 'apache-arrow'
import { checkVariant } from '../codec/variant/fold.js'
import { MetadataReader } from '../codec/variant/metadata.js'
import type { Type } from '../types/type.js'
import { BadValue } from './build/column-builder.js'
import { isValueError } from './build/variant.js'
import { castOrNot } from './cast.js'
import { castToPlain } from './concat.js'
import { isBinary, mismatch, type Place } from './conform-place.js'
import { datumReader } from './datum-reader.js'
import { retype, validAt } from './layout.js'
import { takeData } from './take.js'

/** A struct of the two binaries, as reads give it; what they hold is checked. */
export function conformVariant(type: Type, data: Data, target: DataType, place: Place): Data {
  if (data.typeId !== ArrowType.Struct || data.children.length !== 2) {
    return mismatch(type, data, place)
  }
  const names = (data.type.children as readonly ArrowField[]).map((field) => field.name)
  const parts = (target.children as readonly ArrowField[]).map(({ name, type: binary }) => {
    const part = data.children[names.indexOf(name)]
    const bytes = part === undefined ? undefined : castToPlain(part.slice(0, data.length))
    if (bytes === undefined || !isBinary(bytes.typeId)) return mismatch(type, data, place)
    return castOrNot(bytes, binary) as Data
  })
  const [metadata, value] = parts as [Data, Data]
  checkVariants(data, metadata, value, place)
  return withoutHidden(retype(data, target, parts), place)
}

/** Below a null struct there may be anything, which was not looked at: nobody may read it. */
function withoutHidden(data: Data, place: Place): Data {
  const { valid } = place
  if (valid === undefined) return data
  const rows = Int32Array.from({ length: data.length }, (_, index) => (valid(index) ? index : -1))
  return takeData(data, rows)
}

function checkVariants(data: Data, metadata: Data, value: Data, place: Place): void {
  const valid = validAt(data)
  const metadataAt = datumReader({ kind: 'binary' }, metadata)
  const valueAt = datumReader({ kind: 'binary' }, value)
  const reader = new MetadataReader(place.limits)
  for (let i = 0; i < data.length; i++) {
    if (!valid(i) || place.valid?.(i) === false) continue
    const names = metadataAt(i)
    const bytes = valueAt(i)
    if (names === null || bytes === null) {
      throw new BadValue(i, place.path, null, 'a variant needs both metadata and value')
    }
    try {
      checkVariant(reader.read(names as Uint8Array), bytes as Uint8Array, place.limits)
    } catch (error) {
      if (!isValueError(error)) throw error
      throw new BadValue(i, place.path, bytes, error.message)
    }
  }
}
