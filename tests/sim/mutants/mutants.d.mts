/** By name: what stands where in the built library, and what is planted there. */
export declare const MUTANTS: Readonly<
  Record<string, readonly (readonly [file: string, before: string, after: string])[]>
>
