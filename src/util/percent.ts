/** Percent-encodes everything but `A-Z a-z 0-9 - . _ ~` (RFC 3986). */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
