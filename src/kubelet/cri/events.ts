import type { RuntimeEvent } from '../runtime/runtime.ts'
import type { ContainerdEvent } from './connection.ts'

const types: Readonly<Record<string, RuntimeEvent['type']>> = {
  '/tasks/create': 'created',
  '/tasks/start': 'started',
  '/tasks/exit': 'stopped',
  '/tasks/oom': 'oom',
  '/tasks/delete': 'deleted',
}

/** The topics worth waking for, in containerd's filter language. */
export const eventFilters = ['topic~="^/tasks/(start|exit|oom|delete)"']

/** The hint in an event; undefined for what concerns no container, such as the end of an exec. */
export function hintOf({ topic, event }: ContainerdEvent): RuntimeEvent | undefined {
  const type = types[topic]
  if (type === undefined || event === null) return undefined
  const texts = leadingTexts(event.value)
  const containerId = texts.get(1)
  if (containerId === undefined) return undefined
  // An exec's end is a task exit too, with an id of its own.
  if (topic === '/tasks/exit' && texts.get(2) !== containerId) return undefined
  return { type, containerId, podUid: '' }
}

/** The text fields a protobuf message begins with, by number; stops at the first field of another type. */
function leadingTexts(bytes: Uint8Array): ReadonlyMap<number, string> {
  const texts = new Map<number, string>()
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + 1 < buffer.length) {
    const tag = buffer[at]!
    const length = buffer[at + 1]!
    // Ids are 64 characters: a length above one varint byte is no id.
    if ((tag & 7) !== 2 || length > 127) break
    texts.set(tag >> 3, buffer.toString('utf8', at + 2, at + 2 + length))
    at += 2 + length
  }
  return texts
}
