import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openedTarget, openMetadata } from '../../../src/catalog/open.js'
import { commitActions } from '../../../src/commit/committer.js'
import { InvalidArgument, NotFound, Unsupported } from '../../../src/errors.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { hint, location, type Scenario, scenario, slot, table } from '../../support/scenario.js'
import { appendOf } from '../../support/tables.js'

const uuid = (n: number): string => `0000000${n}-0000-4000-8000-000000000000`

/** A folder as PyIceberg or a REST catalog leaves it: metadata files with numbers and UUIDs. */
async function foreign(base: Scenario, names: readonly string[]): Promise<string> {
  const folder = 'memory:/elsewhere/t'
  const bytes = base.store.files().get(slot(1)) as Uint8Array
  const text = new TextDecoder().decode(bytes).replaceAll(location, folder)
  for (const name of names) {
    const plain = encodeUtf8(text.replace('"properties":{', `"properties":{"file":"${name}",`))
    await base.store.create(
      `${folder}/metadata/${name}`,
      name.includes('gz') ? gzipSync(plain) : plain,
    )
  }
  return folder
}

describe('a folder of our own', () => {
  test('opens at its head, and can be committed to', async () => {
    const { append, store, env } = await scenario()
    await append('a')
    const options = { store, env }
    for (const spelling of [location, `${location}/`]) {
      const opened = await openMetadata(spelling, options)
      expect(opened.table.version).toBe(2)
      expect(opened.readOnly).toBeUndefined()
    }
    const target = openedTarget(await openMetadata(location, options), options)
    const report = await commitActions(target, [appendOf(location, 'b')], options)
    expect(report.table.version).toBe(3)
    expect((await target.load()).version).toBe(3)
  })

  test('a metadata file opens that version, read only', async () => {
    const { append, store, env } = await scenario()
    await append('a')
    const opened = await openMetadata(slot(1), { store, env })
    expect(opened.table.version).toBe(1)
    expect(opened.location).toBe(location)
    expect(opened.readOnly).toMatch(/one metadata file/)
    expect(() => openedTarget(opened, { store, env })).toThrow(Unsupported)
  })

  test('a dropped table, a retired version and an empty folder are NotFound', async () => {
    const { catalog, store, env, append } = await scenario()
    await append('a')
    await catalog.dropTable(table, { purge: true })
    await expect(openMetadata(location, { store, env })).rejects.toThrow(/dropped/)
    await expect(openMetadata(slot(1), { store, env })).rejects.toThrow(/retired/)
    await expect(openMetadata(slot(3), { store, env })).rejects.toThrow(/dropped/)
    await expect(openMetadata('memory:/nothing', { store, env })).rejects.toThrow(NotFound)
    await expect(openMetadata('relative/path', { store, env })).rejects.toThrow(InvalidArgument)
  })

  test('opening repairs no hint: it only reads', async () => {
    const { store, env, put, text } = await scenario()
    await put(hint, '77')
    await openMetadata(location, { store, env })
    expect(text(hint)).toBe('77')
  })

  test('a table that was moved is read only, and the reason names where from', async () => {
    const { store, env } = await scenario()
    const bytes = store.files().get(slot(1)) as Uint8Array
    await store.create('memory:/moved/t/metadata/v1.metadata.json', bytes)
    const opened = await openMetadata('memory:/moved/t', { store, env })
    expect(opened.readOnly).toContain(location)
  })
})

describe('a folder of another catalog (C24)', () => {
  test('the highest number is read, in every spelling', async () => {
    const base = await scenario()
    const names = [
      `00000-${uuid(1)}.metadata.json`,
      `00009-${uuid(2)}.gz.metadata.json`,
      `00010-${uuid(3)}.metadata.json.gz`,
    ]
    const folder = await foreign(base, names)
    const opened = await openMetadata(folder, base)
    expect(opened.table.metadata.properties.get('file')).toBe(names[2])
    expect(opened.table.version).toBeUndefined()
    expect(opened.location).toBe(folder)
    expect(opened.readOnly).toMatch(/another catalog/)
  })

  test('two with the highest number are ambiguous; the message names both', async () => {
    const base = await scenario()
    const names = [`00003-${uuid(1)}.metadata.json`, `00003-${uuid(2)}.metadata.json`]
    const folder = await foreign(base, names)
    const opening = openMetadata(folder, base)
    await expect(opening).rejects.toThrow(InvalidArgument)
    await expect(opening).rejects.toThrow(uuid(2))
    const one = await openMetadata(`${folder}/metadata/${names[0]}`, base)
    expect(one.table.metadata.properties.get('file')).toBe(names[0])
    expect(one.location).toBe(folder)
  })

  test.each(['', '.metadata.json'])('a hint that names the file decides (%j)', async (ending) => {
    const base = await scenario()
    const names = [`00003-${uuid(1)}.metadata.json`, `00003-${uuid(2)}.metadata.json`]
    const folder = await foreign(base, names)
    await base.store.put(
      `${folder}/metadata/version-hint.text`,
      encodeUtf8(`00003-${uuid(1)}${ending}\n`),
    )
    const opened = await openMetadata(folder, base)
    expect(opened.table.metadata.properties.get('file')).toBe(names[0])
  })

  test('a hint cannot lead out of the folder', async () => {
    const base = await scenario()
    const folder = await foreign(base, [`00003-${uuid(1)}.metadata.json`])
    await base.store.put(`${folder}/metadata/version-hint.text`, encodeUtf8('../../../wh/ns/t/v1'))
    const opened = await openMetadata(folder, base)
    expect(opened.table.metadata.properties.get('file')).toContain('00003')
  })
})
