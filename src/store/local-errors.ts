import {
  InvalidArgument,
  LocationDenied,
  MoraineError,
  StoreUnavailable,
  Unsupported,
} from '../errors.js'
import { missingFile } from './read-options.js'

/** What a person can do about it, by errno. */
const ADVICE = new Map([
  ['ENOSPC', 'the disk is full; free some space and try again'],
  ['EDQUOT', 'the disk quota is used up; free some space and try again'],
  ['EMFILE', 'too many files are open in this process; raise `ulimit -n`'],
  ['ENFILE', 'too many files are open on this machine'],
  ['EIO', 'the disk reported an error; check the device'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'the operation is not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['EXDEV', 'the folder spans two file systems'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['EISDIR', 'it is a folder, not a file'],
])

/** The errno of a system error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the error says that there is nothing at this path. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'ENOENT' || errno === 'ENOTDIR'
}

/** The moraine error for a system error (the table in spec/protocol/storage.md). */
export function localError(error: unknown, doing: string, path: string): MoraineError {
  if (error instanceof MoraineError) return error
  const errno = errnoOf(error)
  const details = { path, errno: errno ?? 'none' }
  if (errno === 'ENOENT') return missingFile(path, error)
  if (errno === 'ELOOP') {
    return new LocationDenied(`cannot ${doing} ${path}: it is a symbolic link`, {
      cause: error,
      details,
    })
  }
  if (errno === 'ENAMETOOLONG') {
    return new InvalidArgument(`cannot ${doing} ${path}: the name is too long for this disk`, {
      cause: error,
      details,
    })
  }
  const advice = ADVICE.get(errno ?? '') ?? `the system says ${errno ?? 'only that it failed'}`
  return new StoreUnavailable(`cannot ${doing} ${path}: ${advice}`, { cause: error, details })
}

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

/** The error of `link` when the file system has no hard links; undefined for any other error. */
export function hardLinkError(error: unknown, path: string): Unsupported | undefined {
  const errno = errnoOf(error)
  if (errno === undefined || !NO_HARD_LINKS.has(errno)) return undefined
  return new Unsupported(
    'hard-links',
    `cannot commit to ${path}: its file system has no hard links (${errno}), and without them ` +
      'two writers could overwrite each other; use ext4, XFS, APFS, NTFS or an object store',
    { cause: error, details: { path, errno } },
  )
}
