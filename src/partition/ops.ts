import type { Type } from '../types/type.js'
import { typesEqual } from '../types/type-equal.js'
import type { Transform } from './model.js'
import { bucketOps } from './transforms/bucket.js'
import { dayOps } from './transforms/day.js'
import { hourOps } from './transforms/hour.js'
import { identityOps } from './transforms/identity.js'
import { monthOps } from './transforms/month.js'
import type { TransformOps } from './transforms/ops-model.js'
import { truncateOps } from './transforms/truncate.js'
import { unknownOps } from './transforms/unknown.js'
import { voidOps } from './transforms/void.js'
import { yearOps } from './transforms/year.js'

export type { TransformOps } from './transforms/ops-model.js'

const cache = new WeakMap<Transform, { readonly source: Type; readonly ops: TransformOps }>()

/** What a transform does to values of a source type. Made once per transform object and type. */
export function transformOps(transform: Transform, sourceType: Type): TransformOps {
  const known = cache.get(transform)
  if (known !== undefined && typesEqual(known.source, sourceType)) return known.ops
  const ops = makeOps(transform, sourceType)
  cache.set(transform, { source: sourceType, ops })
  return ops
}

function makeOps(transform: Transform, source: Type): TransformOps {
  switch (transform.kind) {
    case 'identity':
      return identityOps(source)
    case 'bucket':
      return bucketOps(transform.buckets, source)
    case 'truncate':
      return truncateOps(transform.width, source)
    case 'year':
      return yearOps(source)
    case 'month':
      return monthOps(source)
    case 'day':
      return dayOps(source)
    case 'hour':
      return hourOps(source)
    case 'void':
      return voidOps(source)
    case 'unknown':
      return unknownOps()
  }
}
