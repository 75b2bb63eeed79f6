/** The branch that is "the table" when nothing else is said. */
export const MAIN_BRANCH = 'main'

/** Partition field ids begin here; a table without partition fields has last used 999. */
export const FIRST_PARTITION_FIELD_ID = 1000

/**
 * Stands for "the sequence number of the commit that will hold this manifest" until the manifest
 * list is written (spec: "Sequence Number Inheritance").
 */
export const UNASSIGNED_SEQUENCE = -1n
