import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { JournalWrite, PastChange } from '../engine/journal.ts'
import { StoreOpenError } from '../store.ts'
import type { CurrentRow, Opened } from './messages.ts'
import type { Seal } from './seal.ts'

/** The layout this code reads and writes; a newer one is refused by name. */
const formatVersion = 1

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    created INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    value BLOB
  );
  CREATE TABLE IF NOT EXISTS current (key TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
`

/**
 * Revisions in SQLite: every write is one row of the log, and `current` points at the newest row of each key.
 * `previous` is the revision a row replaced (0: the key was absent), so that history can be read and forgotten
 * without a scan.
 */
export class Database {
  readonly #db: DatabaseSync
  #seal: Seal
  readonly #insert: StatementSync
  readonly #point: StatementSync
  readonly #unpoint: StatementSync
  readonly #note: StatementSync

  constructor(file: string, seal: Seal) {
    this.#seal = seal
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const isNew = !existsSync(file)
    this.#db = openDatabase(file)
    try {
      this.#prepareFile(file, isNew)
    } catch (error) {
      this.#db.close()
      throw openError(file, error)
    }
    this.#insert = this.#db.prepare('INSERT INTO log (revision, key, created, previous, value) VALUES (?, ?, ?, ?, ?)')
    this.#point = this.#db.prepare(
      'INSERT INTO current (key, revision) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET revision = excluded.revision',
    )
    this.#unpoint = this.#db.prepare('DELETE FROM current WHERE key = ?')
    this.#note = this.#db.prepare(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
  }

  /** Everything current, in plain; what would be written otherwise now is written anew in its place, old revisions as well. */
  load(): Opened {
    this.#resealAll()
    const rows: CurrentRow[] = []
    const read = this.#db.prepare(
      'SELECT log.key AS key, created, log.revision AS revision, value FROM current JOIN log ON log.revision = current.revision',
    )
    for (const { key, created, revision, value } of read.iterate() as Iterable<any>)
      rows.push([key, created, revision, this.#seal.open(key, value).value])
    return { revision: this.#meta('revision'), compactedTo: this.#meta('compacted'), rows }
  }

  /** Everything is sealed so from now on, and written anew where it was sealed otherwise; on failure all stays as it was. */
  reseal(seal: Seal): void {
    const before = this.#seal
    this.#seal = seal
    try {
      this.#resealAll()
    } catch (error) {
      this.#seal = before
      throw error
    }
  }

  /** One transaction, durable when it returns; on failure nothing of it stays. */
  append(batch: readonly JournalWrite<Uint8Array>[]): void {
    this.#transaction(() => {
      for (const { key, revision, created, replaced, value } of batch) {
        this.#insert.run(revision, key, created, replaced, value === undefined ? null : this.#seal.seal(key, value))
        if (value === undefined) this.#unpoint.run(key)
        else this.#point.run(key, revision)
      }
      this.#setMeta('revision', batch.at(-1)!.revision)
    })
  }

  past(from: number, to: number): readonly PastChange[] {
    const rows = this.#db.prepare(
      'SELECT a.revision AS revision, a.key AS key, a.created AS created, a.value AS value, b.revision AS before, b.created AS beforeCreated, b.value AS beforeValue FROM log a LEFT JOIN log b ON b.revision = a.previous WHERE a.revision BETWEEN ? AND ? ORDER BY a.revision',
    )
    return (rows.all(from, to) as any[]).map(
      ({ revision, key, created, value, before, beforeCreated, beforeValue }) => ({
        record: { key, revision, created, value: value === null ? undefined : this.#seal.open(key, value).value },
        previous:
          before === null || beforeValue === null
            ? undefined
            : { value: this.#seal.open(key, beforeValue).value, created: beforeCreated, modified: before },
      }),
    )
  }

  /** Forgets what was replaced at or before the revision: those rows are named by the rows that replaced them. */
  compact(before: number): void {
    this.#transaction(() => {
      const done = this.#meta('compacted')
      this.#db
        .prepare(
          'DELETE FROM log WHERE revision IN (SELECT previous FROM log WHERE revision > ? AND revision <= ? AND previous > 0)',
        )
        .run(done, before)
      this.#db.prepare('DELETE FROM log WHERE revision > ? AND revision <= ? AND value IS NULL').run(done - 1, before)
      this.#setMeta('compacted', before)
    })
  }

  #resealAll(): void {
    if (this.#seal.isPlain) return
    const stale: { readonly revision: number; readonly value: Uint8Array }[] = []
    const all = this.#db.prepare('SELECT revision, key, value FROM log WHERE value IS NOT NULL')
    for (const { revision, key, value } of all.iterate() as Iterable<any>) {
      const opened = this.#seal.open(key, value)
      if (opened.isStale) stale.push({ revision, value: this.#seal.seal(key, opened.value) })
    }
    if (stale.length === 0) return
    // What stood there before must not be left on free pages.
    this.#db.exec('PRAGMA secure_delete = ON')
    const update = this.#db.prepare('UPDATE log SET value = ? WHERE revision = ?')
    this.#transaction(() => {
      for (const { revision, value } of stale) update.run(value, revision)
    })
    this.#db.exec('VACUUM')
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  close(): void {
    this.#db.close()
  }

  #prepareFile(file: string, isNew: boolean): void {
    // Held for as long as the database is open, and gone with the process however it ends.
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE')
    this.#db.exec('PRAGMA journal_mode = WAL')
    this.#db.exec('PRAGMA synchronous = FULL')
    this.#db.exec('PRAGMA busy_timeout = 0')
    if (isNew) chmodSync(file, 0o600)
    const { user_version: found } = this.#db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (found > formatVersion) {
      throw new StoreOpenError(
        'newer-format',
        `${file} has format ${found}, and this version of Coxswain reads up to ${formatVersion}; use a newer Coxswain, or another data directory`,
      )
    }
    if (found === 0) {
      this.#db.exec(`BEGIN EXCLUSIVE; ${schema} PRAGMA user_version = ${formatVersion}; COMMIT`)
      return
    }
    const [check] = this.#db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    if (check?.quick_check !== 'ok')
      throw new StoreOpenError('corrupt', corruptText(file, check?.quick_check ?? 'unreadable'))
    // Takes the exclusive lock now rather than at the first write.
    this.#db.exec('BEGIN EXCLUSIVE; COMMIT')
  }

  #meta(name: string): number {
    return (
      (this.#db.prepare('SELECT value FROM meta WHERE name = ?').get(name) as { value: number } | undefined)?.value ?? 0
    )
  }

  #setMeta(name: string, value: number): void {
    this.#note.run(name, value)
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

function openDatabase(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file)
  } catch (error) {
    throw openError(file, error)
  }
}

function corruptText(file: string, why: string): string {
  return `${file} is damaged (${why}); restore it from a backup, or move it away to start with an empty cluster`
}

/** What SQLite's refusals mean for whoever wants to open the store. */
function openError(file: string, error: unknown): StoreOpenError {
  if (error instanceof StoreOpenError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (/locked|busy/i.test(text))
    return new StoreOpenError(
      'locked',
      `${file} is in use by another process; stop that one first (\`cox down\`)`,
      error,
    )
  if (/malformed|not a database|corrupt/i.test(text))
    return new StoreOpenError('corrupt', corruptText(file, text), error)
  return new StoreOpenError(
    'unreadable',
    `${file} cannot be opened: ${text}; check its directory's permissions and the disk`,
    error,
  )
}
