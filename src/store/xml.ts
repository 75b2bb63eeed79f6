/** The little XML that object stores answer with: flat elements found by name. Hostile text gives nothing, or text. */

const NAMED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The inside of every element of that name; elements do not nest in one of their own name. */
export function elements(xml: string, name: string): string[] {
  const found: string[] = []
  const open = new RegExp(`<${name}(?:\\s[^>]*)?>`, 'g')
  const close = `</${name}>`
  for (let match = open.exec(xml); match !== null; match = open.exec(xml)) {
    const end = xml.indexOf(close, open.lastIndex)
    if (end < 0) break
    found.push(xml.slice(open.lastIndex, end))
    open.lastIndex = end + close.length
  }
  return found
}

/** The text of the first element of that name, entities resolved. */
export function textOf(xml: string, name: string): string | undefined {
  const inside = elements(xml, name)[0]
  return inside === undefined ? undefined : unescapeXml(inside)
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g,
    (whole, dec, hex, name) => {
      if (name !== undefined) return NAMED.get(name) ?? whole
      const point = dec === undefined ? Number.parseInt(hex, 16) : Number(dec)
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole
    },
  )
}
