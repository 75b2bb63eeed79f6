/**
 * Bugs to plant in a copy of the built library: each is a list of [file, what stands there, what
 * shall]. The names in brackets are those of known bugs of other libraries (a lost acknowledgement
 * that deletes a live commit, and so on): see spec/simulation.md.
 */

/** The unknown outcome of a slot taken for a conflict. */
const unknownIsConflict = [
  'commit/slot-table.js',
  "return { outcome: 'unknown', token, cause: result.cause };\n        }\n    }\n}\n/** Publishes a tombstone",
  "return { outcome: 'conflict', reason: 'planted' };\n        }\n    }\n}\n/** Publishes a tombstone",
]

export const MUTANTS = {
  'a lost answer cleans up (B1)': [
    ['commit/committer.js', 'proof === undefined || error instanceof CommitStateUnknown', 'proof === undefined'],
    ['commit/committer.js', "if (outcome.outcome === 'conflict')\n                this.#proof = provenByConflict(outcome);", 'this.#proof = provenByConflict(outcome);'],
  ],
  'an unknown outcome counts as a conflict (B4)': [unknownIsConflict],
  'a retry after a lost answer gets a new snapshot id (B2)': [
    unknownIsConflict,
    ['commit/snapshot-action.js', 'store ??= new ManifestStore(', 'store = new ManifestStore('],
  ],
  'one’s own slot is taken for another’s (B3)': [
    ['commit/publish.js', 'return content.hash === hash ||', 'return false && content.hash === hash ||'],
  ],
  'a slot is put, not created (B5)': [
    ['commit/publish.js', 'return await folder.store.create(slotPath(folder, attempt.version), attempt.bytes);', "await folder.store.put(slotPath(folder, attempt.version), attempt.bytes);\n        return { outcome: 'created' };"],
  ],
  'a slot is looked for, then put (B5)': [
    ['commit/publish.js', 'return await folder.store.create(slotPath(folder, attempt.version), attempt.bytes);', "if ((await folder.store.head(slotPath(folder, attempt.version))) !== undefined) return { outcome: 'exists' };\n        await folder.store.put(slotPath(folder, attempt.version), attempt.bytes);\n        return { outcome: 'created' };"],
  ],
  'what is not there on reading back has failed': [
    ['commit/publish.js', "catch (cause) {\n        return { outcome: 'unknown', cause };\n    }\n}\n/** Whether the slot holds", "catch (cause) {\n        return { outcome: 'theirs', cause };\n    }\n}\n/** Whether the slot holds"],
  ],
  'a taken slot is another’s, unread': [
    ['commit/publish.js', 'const settled = await readBack(folder, attempt);', "const settled = sent.outcome === 'exists' ? { outcome: 'theirs' } : await readBack(folder, attempt);"],
  ],
  'a damaged answer passes for another’s commit': [
    ['commit/publish.js', "if (again.hash !== content.hash)\n            return { outcome: 'unknown', cause: 'reads disagree' };", ''],
    ['commit/publish.js', 'if (holds(again, attempt.hash))', 'if (false)'],
    ['commit/publish.js', 'if (holds(content, attempt.hash))', 'if (false)'],
  ],
  'the hint is the truth (B7)': [
    ['commit/slots.js', 'if (taken)\n        return gallop(folder, start, signal);', 'if (taken)\n        return start;'],
  ],
  'the hint goes first and is believed (B7)': [
    ['commit/slots.js', 'if (taken)\n        return gallop(folder, start, signal);', 'if (start !== undefined)\n        return start;'],
    ['commit/slot-table.js', 'const attempt = { version, bytes, hash: sha256Hex(bytes) };\n    keepMetadata', 'await writeHint(folder, version);\n    const attempt = { version, bytes, hash: sha256Hex(bytes) };\n    keepMetadata'],
  ],
  'the name of a slot depends on who writes it (B8)': [
    ['commit/slots.js', "joinLocation(folder.location, 'metadata', slotName(version));", "joinLocation(folder.location, 'metadata', folder.env.randomBytes(1)[0] & 1 ? slotName(version) : `v${version}.gz.metadata.json`);"],
  ],
  'retired slots are deleted (B9)': [
    ['commit/retire.js', 'await store.put(path, encodeRetired({ formerHash, tableUuid: metadata.tableUuid }));', 'await store.delete(path);'],
  ],
  'a purge deletes slots (B9)': [
    ['catalog/purge.js', 'await retireSlot(folder, path, Number.POSITIVE_INFINITY)', 'await folder.store.delete(path)'],
  ],
  'rows added meanwhile are no conflict (B12)': [
    ['commit/conflicts.js', "entry.status === 'added' && validation.isolation === 'serializable'", 'false'],
    ['commit/row-delta-checks.js', "if (validation.isolation === 'serializable')", 'if (false)'],
  ],
  'files removed meanwhile are no conflict (B12)': [
    ['commit/conflicts.js', "if (entry.status === 'deleted')\n            throw conflict(", 'if (false)\n            throw conflict('],
  ],
  'a row-level change checks nothing (B12)': [
    ['commit/actions/row-delta.js', 'await checkRowDelta(', 'void ('],
  ],
  'rows that a change has read may be gone': [
    ['commit/row-delta-checks.js', "if (entry.status === 'deleted' && paths.has(entry.file.path)) {", 'if (false) {'],
    ['commit/actions/replace-files.js', 'export function checkAllFound(wanted, removed) {', 'export function checkAllFound(wanted, removed) {\n    return;'],
  ],
  'row ids are given twice': [
    ['format/write-manifest-list.js', 'nextRowId += rowsToNumber(manifest);', 'nextRowId += 1n;'],
  ],
  'row ids of a snapshot start anew': [
    ['commit/snapshot-action.js', '...(base.nextRowId !== undefined && { firstRowId: base.nextRowId }),', '...(base.nextRowId !== undefined && { firstRowId: 0n }),'],
  ],
  'a file to be replaced may be gone': [
    ['commit/actions/replace-files.js', 'export function checkAllFound(wanted, removed) {', 'export function checkAllFound(wanted, removed) {\n    return;'],
  ],
  'snapshots have the time of the clock (B13)': [
    ['commit/snapshot-action.js', 'timestampMs: Math.max(ctx.env.nowMs(), base.lastUpdatedMs + 1)', 'timestampMs: ctx.env.nowMs()'],
  ],
  'versions have the time of the clock (B13)': [
    ['format/apply-updates.js', 'let timestampMs = Math.max(nowMs, base.lastUpdatedMs + 1)', 'let timestampMs = nowMs'],
    ['commit/check-metadata.js', "assert(next.lastUpdatedMs > base.lastUpdatedMs, 'last-updated-ms grows');", ''],
  ],
  'sequence numbers are given twice': [
    ['commit/snapshot-action.js', 'base.lastSequenceNumber + 1n', 'base.lastSequenceNumber'],
    ['format/apply-snapshot-updates.js', 'sequenceNumber <= last && snapshot.parentSnapshotId !== undefined', 'false'],
  ],
  'a summary forgets what was removed': [
    ['commit/replace-files.js', 'summary.removeFile(file);', 'void file;'],
  ],
  'a merged manifest is used again for other manifests': [
    ['commit/merge-manifests.js', ".join('\\n');", ".join('\\n') && 'planted';"],
  ],
  'a filtered manifest is used again for others': [
    ['commit/filter-manifests.js', 'const key = inheritedKey(attempt, manifest);', "const key = 'planted';"],
  ],
  'a rewritten manifest loses what stays': [
    ['commit/filter-manifests.js', 'puts.push((writer) => writer.existing(entry));', 'void 0;'],
  ],
  'merging brings back what was removed': [
    ['commit/merge-manifests.js', "if (entry.status !== 'deleted')\n                    puts.push(", 'puts.push('],
  ],
  'manifests of existing files alone are dropped': [
    ['commit/manifest-store.js', 'return manifest.addedFilesCount !== 0 || manifest.existingFilesCount !== 0;', 'return manifest.addedFilesCount !== 0;'],
  ],
  'a success deletes what it uses': [
    ['commit/committer.js', 'filter((path) => !used.has(path))', 'filter(() => true)'],
  ],
  'a success deletes the data files': [
    ['commit/committer.js', 'await this.#deleteUnused(provenBySuccess(outcome), applied);', 'await this.#deleteUnused(provenBySuccess(outcome), applied);\n        await this.#options.onUncommitted?.();'],
  ],
  'a signal is obeyed while publishing': [
    ['commit/committer.js', "if (outcome.outcome === 'conflict')\n                this.#proof", "throwIfAborted(this.#options.signal);\n            if (outcome.outcome === 'conflict')\n                this.#proof"],
  ],
  'ifSnapshot is not looked at': [
    ['commit/committer.js', 'if (head === wanted.snapshotId)', 'if (true)'],
  ],
  'idempotency keys are not looked up': [
    ['commit/snapshot-action.js', 'const snapshot = snapshotsWithKeys(', 'const snapshot = true ? undefined : snapshotsWithKeys('],
  ],
  'a branch moves forward to anywhere': [
    ['commit/actions/set-ref.js', 'if (!isAncestorOf(base, ref.snapshotId, snapshotId)) {', 'if (false) {'],
  ],
  'a commit may go into another table of that name': [
    ['commit/committer.js', "if (tableUuid === '' || tableUuid === metadata.tableUuid)", 'if (true)'],
  ],
  'a table is created over another': [
    ['catalog/file.js', "if (head?.content.kind === 'metadata')\n                throw exists(table);", ''],
  ],
  'a lost drop counts as done': [
    ['commit/slot-table.js', "await writeHint(folder, version);\n            return { outcome: 'dropped' };\n        case 'theirs':", "await writeHint(folder, version);\n            return { outcome: 'dropped' };\n        case 'theirs': return { outcome: 'dropped' };"],
  ],
  'what another committed is answered as ours': [
    ['commit/resolve-outcome.js', "if (outcome === 'theirs')\n        return { outcome: 'not-committed' };", "if (outcome === 'theirs')\n        return { outcome: 'committed', table: undefined };"],
  ],
  'a free slot is answered as not committed, unfenced': [
    ['commit/resolve-outcome.js', 'await fence(folder, token);', "return { outcome: 'not-committed' };"],
  ],
  'only the first part of a transaction is committed': [
    ['commit/apply-actions.js', 'of actions.entries()) {', 'of actions.slice(0, 1).entries()) {'],
  ],
  'the snapshot log is not kept': [
    ['format/apply-snapshot-updates.js', 'draft.snapshotLog.push({ timestampMs, snapshotId });', ''],
  ],
  'every snapshot goes to main': [
    ['commit/snapshot-action.js', "{ action: 'set-snapshot-ref', name: branch, ref: moved }", "{ action: 'set-snapshot-ref', name: 'main', ref: moved }"],
  ],
  'column ids are given again': [
    ['table/shape.js', 'lastColumnId: base.lastColumnId,', 'lastColumnId: 2,'],
  ],
  'the metadata log names nothing': [
    ['commit/committer.js', 'previousMetadataLocation: base.metadataLocation,', ''],
  ],
  'the next slot skips one': [
    ['commit/slot-table.js', 'const version = slotOf(base) + 1;\n    const outcome = await publishAs(', 'const version = slotOf(base) + 2;\n    const outcome = await publishAs('],
  ],
  'ifSnapshot is looked at once': [
    ['commit/committer.js', 'checkIfSnapshot(base.metadata, this.#options.ifSnapshot);', 'if (attempt === 1) checkIfSnapshot(base.metadata, this.#options.ifSnapshot);'],
  ],
  'another table of that name is noticed at the first attempt alone': [
    ['commit/committer.js', 'checkSameTable(tableUuid, base.metadata);\n            if (this.#hasLanded', 'if (this.#hasLanded'],
    ['commit/committer.js', 'base = applied.newer;\n                checkSameTable(tableUuid, base.metadata);', 'base = applied.newer;'],
  ],
  'a refusal clears what is in doubt (B4)': [
    ['commit/publish.js', 'if (!inDoubt && saysNothingHappened(cause))', 'if (saysNothingHappened(cause))'],
  ],
  'a marker forgets what it took the place of': [
    ['commit/retire.js', 'encodeRetired({ formerHash,', "encodeRetired({ formerHash: '0'.repeat(64),"],
  ],
  'a purge that lost deletes all the same': [
    ['catalog/file.js', "if (outcome.outcome === 'dropped') {", "if (outcome.outcome === 'dropped' || files !== undefined) {"],
  ],
  'a fence drops the table': [
    ['commit/resolve-outcome.js', "if (head?.content.kind !== 'metadata') {", 'if (true) {'],
  ],
  'an overwrite checks nothing (B12)': [
    ['commit/actions/overwrite-files.js', 'await checkConflicts(attempt, validate, { rows });', ''],
  ],
  'under snapshot isolation what came since goes too (B12)': [
    ['commit/actions/overwrite-files.js', 'remove = sparing(idsOf(othersSince(attempt, validate)), remove);', ''],
  ],
  'deletes added meanwhile are no conflict (B12)': [
    ['commit/row-delta-checks.js', "if (entry.status === 'added' && mayApply(entry)) {", 'if (false) {'],
    ['commit/row-delta-checks.js', 'await checkNewDeletes(attempt, snapshots, { rows });', ''],
    ['commit/conflicts.js', 'await checkNewDeletes(attempt, snapshots, scope);', ''],
    ['commit/actions/row-delta.js', 'checkDeletesFound(removedDeletes, removed);', 'void 0;'],
  ],
  'deletes of a file that goes stay': [
    ['commit/remove-deletes.js', 'return path !== undefined && paths.has(path);', 'return false;'],
  ],
  'keys of jobs are looked for in the head alone': [
    ['commit/idempotency.js', 'for (const snapshot of ancestorsOf(base, head)) {', 'for (const snapshot of [...ancestorsOf(base, head)].slice(0, 1)) {'],
  ],
  'parts of a transaction build on its base': [
    ['commit/apply-actions.js', 'await action.apply(current, ctx)', 'await action.apply(base, ctx)'],
  ],
  'a group of unknown outcome is tried again, one by one': [
    ['commit/group-commit.js', 'const surelyNot = proven || action === undefined;', 'const surelyNot = true;'],
    ['commit/group-commit.js', '!(error instanceof MoraineError) || PERHAPS_OF_ONE.has(error.code)', 'true'],
  ],
  'a group keeps no keys of its members': [
    ['commit/actions/append-group.js', 'idempotencyKeys: keysOfMembers(this.#included)', 'idempotencyKeys: []'],
  ],
  'a job is in one group twice': [
    ['commit/actions/append-group.js', 'if (key !== undefined && seenKeys.has(key))', 'if (false)'],
  ],
  'who left a group is in its manifest yet': [
    ['commit/actions/append-group.js', 'if (!sameMembers(included, this.#included))', 'if (false)'],
  ],
  'a signal takes a caller out of a group that is being published': [
    ['commit/group-commit.js', 'for (const waiting of group)\n            waiting.leave();', ''],
  ],
  'a group does a job again that was done': [
    ['commit/actions/append-group.js', "return error === undefined ? { kind: 'done', snapshot }", "return error === undefined ? { kind: 'included' }"],
  ],
  'a change of rows checks nothing (B12)': [
    ['commit/actions/row-delta.js', 'await checkRowDelta(', 'void ('],
    ['commit/actions/replace-files.js', 'export function checkAllFound(wanted, removed) {', 'export function checkAllFound(wanted, removed) {\n    return;'],
    ['commit/actions/row-delta.js', 'checkDeletesFound(removedDeletes, removed);', 'void 0;'],
  ],
  'a rollback takes with it what it has not seen': [
    ['commit/actions/rollback.js', 'if (!sameData(undone, above))', 'if (false)'],
  ],
  'rewritten manifests of a lost attempt are used again': [
    [
      'commit/manifest-store.js',
      'return `${base.formatVersion} ${sequenceNumber} ${firstRowId} ${path}`;',
      'return path;',
    ],
  ],
  'an added manifest outlives an upgrade': [
    ['commit/replace-files.js', 'if (this.#added?.formatVersion !== formatVersion)', 'if (this.#added === undefined)'],
  ],
  'rewritten rows are younger than deletes by key': [
    ['commit/actions/rewrite-files.js', "file.content === 'data' ? options.sequenceNumber :", "file.content === 'data' ? undefined :"],
  ],
  'what others did while files were compacted is lost': [
    ['commit/actions/rewrite-files.js', 'await checkRewrite(attempt, options);', 'void 0;'],
  ],
  'a transaction forgets what it has read': [
    ['table/transaction.js', 'this.#staged.reads.push(readBy(schema, options));', 'void readBy;'],
  ],
}

/**
 * Bugs that only histories of one kind can show. One seed in 200 is such a history, so these are hunted
 * in them alone: 100 of them are in 20,000 of all.
 */
export const SPECIAL = {
  'keys of jobs are looked for in the head alone': 'groups',
  'a group of unknown outcome is tried again, one by one': 'groups',
  'a group keeps no keys of its members': 'groups',
  'a job is in one group twice': 'groups',
  'who left a group is in its manifest yet': 'groups',
  'a signal takes a caller out of a group that is being published': 'groups',
  'a group does a job again that was done': 'groups',
  'a change of rows checks nothing (B12)': 'rows',
  'rewritten rows are younger than deletes by key': 'rows',
  'what others did while files were compacted is lost': 'rows',
  'a transaction forgets what it has read': 'rows',
}

/**
 * Bugs that were planted and hunted, and that not every range showed: what it would take.
 */
export const UNNOTICED = {
  'merged deletes are as young as their rewriting': 'only position deletes are merged, and these name their data file: a later number makes them delete nothing else',
  'deletes as old as the data go': 'deletes and data of one commit never belong together in what the simulator writes: nothing is lost by it there',
  'who was done before is told that the group failed': 'no promise says what is told of a job that was done before, once its files are gone again',
}
