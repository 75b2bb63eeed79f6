/** What is known of a planted bug: for each range of seeds how soon it was found, or how long it survived. */
export interface Hunted {
  readonly edits: string
  readonly ranges: Readonly<
    Record<string, { readonly found?: number; readonly survived?: number; readonly by?: string; readonly state: string }>
  >
}
export declare function readRecord(): Record<string, Hunted>
/** Whether the bug of this name was found on every range. */
export declare function isFound(record: Readonly<Record<string, Hunted>>, name: string): boolean
/** The text of spec/model/mutants.md. */
export declare function table(
  record: Readonly<Record<string, Hunted>>,
  names: readonly string[],
  special: Readonly<Record<string, 'rows' | 'groups'>>,
  unnoticed: Readonly<Record<string, string>>,
): string
