import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStalls } from '../cgroups/pressure.ts'
import { parseInterfaces } from '../machine/interfaces.ts'
import { CpuRates } from './rates.ts'
import { cpuAndMemoryOf, ioOf, networkOf } from './usage.ts'

const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 5000      50    2    0    0     0          0         0     7000      70    3    0    0     0       0          0
veth12:    1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
  net1:   10       1    0    0    0     0          0         0       20       1    0    0    0     0       0          0
`
const pressure = `some avg10=1.50 avg60=0.25 avg300=0.01 total=1234
full avg10=0.50 avg60=0.00 avg300=0.00 total=99
`

test('interfaces are read from the table of the kernel, without those that lead nowhere', () => {
  const eth0 = { name: 'eth0', rxBytes: 5000, rxErrors: 2, txBytes: 7000, txErrors: 3 }
  const net1 = { name: 'net1', rxBytes: 10, rxErrors: 0, txBytes: 20, txErrors: 0 }
  assert.deepEqual(parseInterfaces(table), [eth0, net1])
  const time = '1970-01-01T00:00:01Z'
  assert.deepEqual(networkOf([eth0, net1], 1000), { network: { time, ...eth0, interfaces: [eth0, net1] } })
  assert.deepEqual(networkOf([net1], 1000), { network: { time, name: '', interfaces: [net1] } })
  assert.deepEqual(networkOf(undefined, 1000), {})
})

test('what processes wait for is told as the kernel does', () => {
  const stalls = parseStalls(pressure)
  assert.deepEqual(stalls, {
    full: { total: 99, avg10: 0.5, avg60: 0, avg300: 0 },
    some: { total: 1234, avg10: 1.5, avg60: 0.25, avg300: 0.01 },
  })
  assert.deepEqual(parseStalls('some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n')?.full.total, 0)
  assert.equal(parseStalls(undefined), undefined)
  const usage = { cpuNanoseconds: 5e9, usageBytes: 70, workingSetBytes: 60, rssBytes: 50 }
  const more = { pageFaults: 9, majorPageFaults: 1, memoryLimitBytes: 100, swapBytes: 3, swapLimitBytes: 10 }
  const time = '1970-01-01T00:00:01Z'
  const all = { ...usage, ...more, pressure: { cpu: stalls!, memory: stalls!, io: stalls! } }
  assert.deepEqual(cpuAndMemoryOf(new CpuRates(), 'x', all, 1000), {
    cpu: { time, usageNanoCores: 0, usageCoreNanoSeconds: 5e9, psi: stalls },
    memory: {
      ...{ time, availableBytes: 40, usageBytes: 70, workingSetBytes: 60, rssBytes: 50 },
      ...{ pageFaults: 9, majorPageFaults: 1, psi: stalls },
    },
    swap: { time, swapAvailableBytes: 7, swapUsageBytes: 3 },
  })
  assert.deepEqual(ioOf(all, 1000), { io: { time, psi: stalls } })
  assert.deepEqual(Object.keys(cpuAndMemoryOf(new CpuRates(), 'x', usage, 1000)), ['cpu', 'memory'])
})
