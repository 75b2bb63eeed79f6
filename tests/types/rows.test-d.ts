import { t } from '../../src/types/builder.js'
import type {
  InputOf,
  PathOf,
  RowOf,
  SelectOf,
  ShapeOf,
  UnknownSchema,
} from '../../src/types/infer.js'
import type {
  WithColumn,
  WithOptional,
  WithoutColumn,
  WithRenamed,
  WithRequired,
  WithWidened,
} from '../../src/types/infer-evolution.js'
import type { WithUnion } from '../../src/types/infer-union.js'
import type { Schema } from '../../src/types/type.js'

/** True only when two types are the same, optionality and readonly included. */
type Equal<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
function check<T extends true>(): T | undefined {
  return undefined
}

const shape = {
  id: t.long().required(),
  city: t.string(),
  fare: t.decimal(9, 2),
  at: t.timestamptz(),
  tags: t.list(t.string()),
  stop: t.struct({ lat: t.double(), lon: t.double().required() }),
}
type Trips = typeof shape

check<
  Equal<
    RowOf<Trips>,
    {
      id: bigint
      city: string | null
      fare: string | null
      at: string | null
      tags: (string | null)[] | null
      stop: { lat: number | null; lon: number } | null
    }
  >
>()

// Writes: numbers for longs, omitted optional columns, Date for timestamptz.
const input: InputOf<Trips> = { id: 1, at: new Date(0), stop: { lon: 2 }, tags: ['a', null] }
const exact: InputOf<Trips> = { id: 1n, fare: '1.00', city: undefined, stop: null }
void [input, exact]
// @ts-expect-error a required column is missing
const missing: InputOf<Trips> = { city: 'Oslo' }
// @ts-expect-error a long is no string
const wrong: InputOf<Trips> = { id: '1' }
// @ts-expect-error an unknown column
const extra: InputOf<Trips> = { id: 1, nope: 2 }
// @ts-expect-error a required member of a struct is missing
const inner: InputOf<Trips> = { id: 1, stop: { lat: 1 } }
void [missing, wrong, extra, inner]

// Every primitive.
const all = {
  a: t.boolean().required(),
  b: t.int().required(),
  c: t.float().required(),
  d: t.date().required(),
  e: t.time().required(),
  f: t.timestamp().required(),
  g: t.timestampNs().required(),
  h: t.timestamptzNs().required(),
  i: t.uuid().required(),
  j: t.fixed(4).required(),
  k: t.binary().required(),
  l: t.unknown(),
  m: t.variant().required(),
  n: t.geometry().required(),
  o: t.map(t.string(), t.int()).required(),
}
check<
  Equal<
    RowOf<typeof all>,
    {
      a: boolean
      b: number
      c: number
      d: string
      e: string
      f: string
      g: string
      h: string
      i: string
      j: Uint8Array
      k: Uint8Array
      l: null
      m: unknown
      n: Uint8Array
      o: Map<string, number | null>
    }
  >
>()

// Conversion options change the row types.
type Converted = RowOf<
  Trips,
  { longs: 'number'; decimals: 'number'; timestamps: 'date'; maps: 'object' }
>
check<Equal<Converted['id'], number>>()
check<Equal<Converted['fare'], number | null>>()
check<Equal<Converted['at'], Date | null>>()
check<Equal<RowOf<typeof all, { maps: 'object' }>['o'], Record<string, number | null>>>()
check<Equal<RowOf<typeof all, { timestamps: 'date' }>['f'], string>>()
check<Equal<RowOf<typeof all, { timestamps: 'bigint' }>['h'], bigint>>()

// A default lets writes omit a required column, but not give null.
const defaulted = { n: t.int().required().default(3), s: t.string().default('x') }
check<
  Equal<
    InputOf<typeof defaulted>,
    { readonly n?: number | undefined; readonly s?: string | null | undefined }
  >
>()

// Pairs fix the order and give the same types.
const pairs = [
  ['id', t.long().required()],
  ['name', t.string()],
] as const
check<Equal<RowOf<typeof pairs>, { id: bigint; name: string | null }>>()

// Paths and selection.
check<
  Equal<
    PathOf<Trips>,
    'id' | 'city' | 'fare' | 'at' | 'tags' | 'tags.element' | 'stop' | 'stop.lat' | 'stop.lon'
  >
>()
check<
  Equal<
    RowOf<SelectOf<Trips, 'id' | 'stop.lat'>>,
    { id: bigint; stop: { lat: number | null } | null }
  >
>()
check<Equal<RowOf<SelectOf<Trips, 'stop' | 'stop.lat'>>, { stop: RowOf<Trips>['stop'] }>>()
check<Equal<SelectOf<Trips, string>, UnknownSchema>>()

// Unknown schemas are plain records.
check<Equal<RowOf<UnknownSchema>, Record<string, unknown>>>()
check<Equal<PathOf<UnknownSchema>, string>>()

// Evolution.
const added = t.double()
type Evolved = WithRenamed<WithColumn<Trips, 'tip', typeof added>, 'city', 'town'>
check<Equal<RowOf<Evolved>['tip'], number | null>>()
check<Equal<RowOf<Evolved>['town'], string | null>>()
check<Equal<'city' extends keyof RowOf<Evolved> ? true : false, false>>()
check<
  Equal<
    RowOf<WithColumn<Trips, 'stop.name', typeof added>>['stop'],
    {
      lat: number | null
      lon: number
      name: number | null
    } | null
  >
>()
check<Equal<RowOf<WithoutColumn<Trips, 'stop.lat'>>['stop'], { lon: number } | null>>()
check<Equal<'stop' extends keyof RowOf<WithoutColumn<Trips, 'stop'>> ? true : false, false>>()
check<Equal<RowOf<WithOptional<Trips, 'id'>>['id'], bigint | null>>()
const wider = t.long()
check<
  Equal<RowOf<WithWidened<{ n: ShapeOf<typeof all>['b'] }, 'n', typeof wider>>, { n: bigint }>
>()
check<Equal<WithColumn<UnknownSchema, 'x', typeof added>, UnknownSchema>>()

// Required, union by name, short paths of elements and values.
check<Equal<RowOf<WithRequired<Trips, 'city'>>['city'], string>>()
check<Equal<RowOf<WithRequired<Trips, 'tags.element'>>['tags'], string[] | null>>()
const union = {
  city: t.string(),
  stop: t.struct({ lat: t.double(), name: t.string().required() }),
  n: t.int().required(),
}
type United = WithUnion<Trips, typeof union>
check<Equal<RowOf<United>['n'], number | null>>()
check<Equal<RowOf<United>['id'], bigint>>()
check<
  Equal<RowOf<United>['stop'], { lat: number | null; lon: number; name: string | null } | null>
>()
const narrow = { a: t.int(), f: t.float().required(), u: t.unknown() }
const broad = { a: t.long(), f: t.double(), u: t.string() }
check<
  Equal<
    RowOf<WithUnion<typeof narrow, typeof broad>>,
    { a: bigint | null; f: number | null; u: string | null }
  >
>()
check<Equal<WithUnion<Trips, Schema>, UnknownSchema>>()
check<Equal<WithUnion<UnknownSchema, typeof union>, UnknownSchema>>()
