import type { StorageVersionMigration } from '../../resources/index.ts'

/** What is to be done for the migrations of one resource. */
export interface MigrationPlan {
  /** Over, and still said to be running. */
  readonly finished: readonly StorageVersionMigration[]
  /** Whose turn has come. */
  readonly next?: StorageVersionMigration
  /** Under way, and not over. */
  readonly running: readonly StorageVersionMigration[]
}

/** Whether a condition of a migration is true. */
export function isTrue({ status }: StorageVersionMigration, type: 'Running' | 'Succeeded' | 'Failed'): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') === true
}

/** One migration of a resource runs at a time, the oldest first. */
export function planMigrations(all: readonly StorageVersionMigration[]): MigrationPlan {
  const isOver = (one: StorageVersionMigration) => isTrue(one, 'Succeeded') || isTrue(one, 'Failed')
  const started = all.filter((one) => isTrue(one, 'Running'))
  const running = started.filter((one) => !isOver(one))
  const waiting = all.filter((one) => !isTrue(one, 'Running') && !isOver(one)).toSorted(byAge)
  return {
    finished: started.filter(isOver),
    running,
    ...(running.length > 0 || waiting[0] === undefined ? {} : { next: waiting[0] }),
  }
}

function byAge({ metadata: a }: StorageVersionMigration, { metadata: b }: StorageVersionMigration): number {
  const [left, right] = [`${a.creationTimestamp ?? ''} ${a.name}`, `${b.creationTimestamp ?? ''} ${b.name}`]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether the first of two revisions is the later one. */
export function isLater(revision: string, than: string): boolean {
  return revision.length === than.length ? revision > than : revision.length > than.length
}
