import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { layoutOf } from './directory.ts'

/** The Node.js program, and the file of the command. */
export type Command = readonly [node: string, entry: string]

/** Which cluster a program is for; its name is for people who look at the machine's processes. */
export interface ProgramCluster {
  readonly name: string
  readonly dataDirectory: string
}

/** The words that start the cluster process: a program beside the command, which loads nothing of the rest. */
export function clusterProgram([node, entry]: Command, cluster: ProgramCluster): readonly [string, ...string[]] {
  return [node, beside(entry, 'cox-run'), ...wordsOf(entry, cluster)]
}

/** How a process ended: its exit code, or in words what ended it. */
export type Ending = number | string
/** The file descriptor by which a cluster process that its supervisor did not start tells it how it ended. */
const lifeline = 3

/**
 * Starts the cluster process and its supervisor side by side, so that neither waits for the other to load. Both outlive this
 * process; what they say beside their logs is appended to process.log. The supervisor is told how the first cluster process
 * ends, and starts every later one itself.
 */
export function startPrograms(command: Command, of: ProgramCluster) {
  const [node, entry] = command
  const output = openSync(join(layoutOf(of.dataDirectory).logs, 'process.log'), 'a', 0o644)
  const [, ...words] = clusterProgram(command, of)
  const cluster = spawn(node, [...words, '--tells'], { detached: true, stdio: ['ignore', output, output, 'pipe'] })
  const line = cluster.stdio[lifeline] as Socket
  const supervising = [beside(entry, 'cox-supervise'), ...wordsOf(entry, of)]
  const supervisor = spawn(node, [...supervising, '--started', String(cluster.pid)], {
    detached: true,
    stdio: ['ignore', output, output, line],
  })
  // The line is between the two: it ends with the cluster process, whoever else still runs.
  line.destroy()
  closeSync(output)
  for (const child of [cluster, supervisor]) child.unref()
  return { cluster, supervisor }
}

/** Tells the supervisor, at the end of this process, its exit code. */
export function tellEnding(): void {
  process.on('exit', (code) => {
    try {
      writeSync(lifeline, String(code))
    } catch {
      // Nobody supervises any more.
    }
  })
}

/** Resolves when the cluster process that was started beside this one has ended, however it did. */
export async function endingTold(): Promise<Ending> {
  let told = ''
  try {
    for await (const piece of new Socket({ fd: lifeline })) told += String(piece)
  } catch {
    // A line that broke ended too.
  }
  return told === '' ? 'a signal' : Number(told)
}

function wordsOf(entry: string, { name, dataDirectory }: ProgramCluster): readonly string[] {
  return ['--entry', entry, '--name', name, '--data-directory', dataDirectory]
}

function beside(entry: string, name: string): string {
  return join(dirname(entry), `${name}${extname(entry)}`)
}
