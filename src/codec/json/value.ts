/**
 * The lossless JSON model: numbers keep their text, objects are maps in source order, so that no
 * 64-bit id is rounded and no key reaches a prototype.
 */
export type JsonValue = null | boolean | string | JsonNumber | JsonArray | JsonObject
export type JsonArray = readonly JsonValue[]
export type JsonObject = ReadonlyMap<string, JsonValue>

/** A number as it was written. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
