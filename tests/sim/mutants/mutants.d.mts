/** By name: what stands where in the built library, and what is planted there. */
export declare const MUTANTS: Readonly<
  Record<string, readonly (readonly [file: string, before: string, after: string])[]>
>
/** Bugs that are hunted in histories of one kind alone. */
export declare const SPECIAL: Readonly<Record<string, 'rows' | 'groups'>>
/** Bugs that were hunted and not found on every range: what it would take. */
export declare const UNNOTICED: Readonly<Record<string, string>>
