/** Random types and values that every engine has. */
import type { Dice } from './dice.js'
import type { Json, TypeJson } from './scenario.js'

const SIMPLE = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'decimal(9, 2)',
  'decimal(20, 3)',
  'date',
  'timestamp',
  'timestamptz',
  'string',
  'string',
  'binary',
] as const

/** Structs inside lists and maps are left to curated scenarios: some readers lose their nulls. */
export function randomType(roll: Dice, depth: number): TypeJson {
  const kind = depth === 0 ? 3 : roll.below(8)
  if (kind === 0) return { type: 'list', element: roll.pick(SIMPLE) }
  if (kind === 1) {
    return { type: 'map', key: roll.pick(['int', 'string']), value: roll.pick(SIMPLE) }
  }
  if (kind === 2) {
    return {
      type: 'struct',
      fields: [
        { name: 'a', type: randomType(roll, depth - 1) },
        { name: 'b', type: randomType(roll, 0) },
      ],
    }
  }
  return roll.pick(SIMPLE)
}

export function randomValue(kind: TypeJson, roll: Dice, nulls = 6): Json {
  if (nulls > 0 && roll.once(nulls)) return null
  if (typeof kind === 'string') return (SPECIAL[kind] ?? SPECIAL.string ?? (() => null))(roll)
  if (kind.type === 'struct') {
    return Object.fromEntries(
      kind.fields.map((field) => [field.name, randomValue(field.type, roll)]),
    )
  }
  const count = roll.below(4)
  if (kind.type === 'list') {
    return Array.from({ length: count }, () => randomValue(kind.element, roll))
  }
  return Array.from({ length: count }, (_, index) => [
    kind.key === 'int' ? index : `k${index}`,
    randomValue(kind.value, roll),
  ])
}

const two = (value: number): string => String(value).padStart(2, '0')
const day = (roll: Dice): string =>
  `${roll.pick(['1969', '1970', '2024', '2026'])}-${two(1 + roll.below(12))}-${two(1 + roll.below(28))}`
const instant = (roll: Dice): string =>
  `${day(roll)}T${two(roll.below(24))}:${two(roll.below(60))}:00.${String(roll.below(1e6)).padStart(6, '0')}`

const SPECIAL: Readonly<Record<string, (roll: Dice) => Json>> = {
  boolean: (roll) => roll.below(2) === 0,
  int: (roll) => roll.pick([0, 1, -1, 7, 2147483647, -2147483648]),
  long: (roll) => roll.pick(['0', '-5', '9007199254740993', '9223372036854775807']),
  float: (roll) => roll.pick([0, 0.5, -1.25, 'NaN', 'Infinity']),
  double: (roll) => roll.pick([0, 0.1, -1e100, 'NaN', '-Infinity']),
  'decimal(9, 2)': (roll) => roll.pick(['0.00', '-12.50', '9999999.99']),
  'decimal(18, 2)': (roll) => roll.pick(['0.00', '-12.50', '9999999999999999.99']),
  'decimal(20, 3)': (roll) => roll.pick(['0.001', '-12345678901234567.890']),
  date: day,
  timestamp: instant,
  timestamptz: (roll) => `${instant(roll)}Z`,
  string: (roll) => roll.pick(['', 'a', 'ab', 'żółw', '東京', 'a/b=c d', '🚀🚀', 'zz']),
  binary: (roll) => roll.pick(['0x', '0x00', '0xff01', '0xdeadbeef']),
}
