/** Counts of what reading considers and leaves out below the level of files. */
export class ReadCounter {
  filesOpened = 0
  filesSkipped = 0
  rowGroupsTotal = 0
  rowGroupsSkippedByStatistics = 0
  rowGroupsSkippedByBloom = 0
  rowGroupsSkippedByPages = 0
  pagesTotal = 0
  pagesSkipped = 0
  rowsTotal = 0
  rowsToRead = 0
  /** Stored bytes of the columns to read in the row groups that are left; pages not deducted. */
  bytesToRead = 0
}
