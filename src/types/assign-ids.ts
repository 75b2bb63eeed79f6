import type { Field, Type } from './type.js'

/** Gives the next unused field id. */
export type NextFieldId = () => number

/**
 * Copies fields with fresh ids in the reference's order: all fields of a struct are numbered before
 * any of their types is entered; a map's key and value before theirs.
 */
export function assignFreshIds(fields: readonly Field[], nextId: NextFieldId): readonly Field[] {
  const ids = fields.map(() => nextId())
  return fields.map((field, index) => ({
    ...field,
    id: ids[index] as number,
    type: assignFreshTypeIds(field.type, nextId),
  }))
}

/** Copies a type, its nested fields with fresh ids. */
export function assignFreshTypeIds(type: Type, nextId: NextFieldId): Type {
  switch (type.kind) {
    case 'struct':
      return { kind: 'struct', fields: assignFreshIds(type.fields, nextId) }
    case 'list': {
      const elementId = nextId()
      return { ...type, elementId, element: assignFreshTypeIds(type.element, nextId) }
    }
    case 'map': {
      const keyId = nextId()
      const valueId = nextId()
      const key = assignFreshTypeIds(type.key, nextId)
      return { ...type, keyId, valueId, key, value: assignFreshTypeIds(type.value, nextId) }
    }
    default:
      return type
  }
}

/** Hands out ids after `last`, one by one; `last` is the id given most recently. */
export class FieldIdSequence {
  last: number

  constructor(last: number) {
    this.last = last
  }

  readonly next: NextFieldId = () => {
    this.last++
    return this.last
  }
}
