import type { Asked } from './battery.ts'

/** A difference that is meant, or that says nothing: where it is, and why it may be. */
interface Excepted {
  /** Of what is asked; everything when left out. */
  readonly asked?: RegExp
  /** The line that tells the difference. */
  readonly line: RegExp
  readonly why: string
}

const excepted: readonly Excepted[] = [
  {
    line: /^header warning: .* objects are stored by this version of Coxswain/,
    why: 'kinds on which nothing acts yet say so',
  },
  {
    asked: /\/(endpoints|endpointslices)/,
    line: /loopback range|endpoints\[0\]\.addresses|subsets\[0\]/,
    why: 'ours allows endpoints on loopback, where all of a cluster may be within one process',
  },
  {
    asked: /\/validatingadmissionpolicies/,
    line: /managedFields|typeChecking|observedGeneration/,
    why: 'ours checks the types of policies itself; Kubernetes leaves that to a controller',
  },
  {
    asked: /\/apiservices/,
    line: /managedFields|\.status\.conditions|cells\[2\]/,
    why: 'when an extension server is found to be away is a matter of time',
  },
  { asked: /\/ipaddresses/, line: /\.cells/, why: 'Kubernetes has one cell more than columns' },
  {
    asked: /\/daemonsets/,
    line: /\[0\](\.object)?\.metadata\.annotations/,
    why: 'Kubernetes makes the rows of a table before the annotation for older clients is set',
  },
  {
    line: / is invalid: patch: Invalid value|^\.details\.causes\[0\]\.message: ours "Invalid value: \\"\{/,
    why: 'the members of an object that came of a patch and cannot be read stand in another order',
  },
]

/** What is left of the differences of one request when those that may be are taken away. */
export function unexcepted({ ask }: Asked, found: readonly string[]): readonly string[] {
  return found.filter((line) => !excepted.some((one) => (one.asked?.test(ask) ?? true) && one.line.test(line)))
}
