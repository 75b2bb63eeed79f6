/** Which partitions a projected predicate keeps: all that may hold a match, or only full matches. */
export type Projection = 'inclusive' | 'strict'
