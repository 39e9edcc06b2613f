import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import { type Packet, Tunnel } from './tunnel.ts'

function tunnelWith() {
  const clock = manualClock(0)
  const sent: Packet[] = []
  let ended = 0
  const stream = {
    write(packet: Packet, done: () => void) {
      sent.push(packet)
      done()
    },
    pause: () => {},
    resume: () => {},
    end: () => void ended++,
  }
  const tunnel = new Tunnel(stream, { clock, random: seededRandom(1) })
  return { clock, sent, tunnel, ended: () => ended }
}
const types = (packets: readonly Packet[]) => packets.map(({ type }) => type)

test('a dial that is not answered in time is taken back', async () => {
  const { clock, sent, tunnel, ended } = tunnelWith()
  const dialed = tunnel.dial('a.example:80')
  clock.advance(30_000)
  await assert.rejects(dialed, { message: 'dial timeout, backstop' })
  const [request, close] = sent
  assert.deepEqual(types(sent), ['DIAL_REQ', 'DIAL_CLS'])
  assert.equal(close?.closeDial?.random, request?.dialRequest?.random)
  assert.ok(ended() > 0)
})

test('answers to others are no answers, and a dial that the proxy gives up has failed', async () => {
  const { sent, tunnel } = tunnelWith()
  const dialed = tunnel.dial('a.example:80')
  tunnel.receive({ type: 'DIAL_RSP', dialResponse: { connectID: '7', random: '-1' } })
  tunnel.receive({ type: 'DIAL_CLS', closeDial: { random: sent[0]!.dialRequest!.random } })
  await assert.rejects(dialed, { message: 'dial closed' })
})

test('what comes for the connection is read, and its end waits no longer than a moment for the proxy', async () => {
  const { clock, sent, tunnel, ended } = tunnelWith()
  const dialed = tunnel.dial('a.example:80')
  const { random } = sent[0]!.dialRequest!
  tunnel.receive({ type: 'DIAL_RSP', dialResponse: { connectID: '7', random } })
  const opened = await dialed
  tunnel.receive({ type: 'DATA', data: { connectID: '8', data: Buffer.from('not ours') } })
  tunnel.receive({ type: 'DATA', data: { connectID: '7', data: Buffer.from('ours') } })
  const [chunk] = await Array.fromAsync(
    (async function* () {
      for await (const one of opened.iterator({ destroyOnReturn: false })) {
        yield one
        return
      }
    })(),
  )
  assert.equal(String(chunk), 'ours')
  opened.write('back')
  const closed = new Promise((resolve) => opened.once('close', resolve))
  opened.destroy()
  clock.advance(1000)
  await closed
  assert.deepEqual(types(sent), ['DIAL_REQ', 'DATA', 'CLOSE_REQ'])
  assert.ok(ended() > 0)
})
