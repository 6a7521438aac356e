// Walks the surface of the kafkajs registry client.
//
// Usage: node check.mjs URL < samples.json
import registryClient from '@kafkajs/confluent-schema-registry'
import { check, equal, run, samples, url } from './harness.mjs'

const { SchemaRegistry, COMPATIBILITY } = registryClient

// One without a cache for every check, so that answers come from the registry.
const client = () => new SchemaRegistry({ host: url, retry: { retries: 0 } })

async function refused(status, text, promise) {
  try {
    await promise
  } catch (e) {
    if (e.status !== status || !e.message.includes(text)) {
      throw new Error(`the error is ${e.status} ${e.message}, not ${status} with ${text}`)
    }
    return
  }
  throw new Error(`it was accepted instead of ${status} with ${text}`)
}

for (const s of samples) {
  check(`format ${s.format}`, async () => {
    const subject = `kafkajs/${s.format}`
    const schema = (text, references) => ({ type: s.format, schema: text, references })
    const first = await client().register(schema(s.v1), { subject })
    const second = await client().register(schema(s.v2), { subject })
    equal((await client().register(schema(s.v1), { subject })).id, first.id, 'the id of the same schema')
    equal(await client().getLatestSchemaId(subject), second.id, 'the newest id')
    equal(await client().getRegistryId(subject, 1), first.id, 'the id of version 1')
    equal(await client().getRegistryIdBySchema(subject, schema(s.v2)), second.id, 'the id by schema')
    await refused(409, 'Schema being registered is incompatible with an earlier schema for subject', client().register(schema(s.bad), { subject }))
    // Found by its status, this error is passed on without it.
    await refused(undefined, 'Schema not found', client().getRegistryIdBySchema(subject, schema(s.item)))
    await refused(404, "Subject 'absent' not found.", client().getLatestSchemaId('absent'))
    await refused(404, 'Schema 4711 not found', client().getSchema(4711))

    const event = { id: 'a' }
    const data = await client().encode(first.id, event)
    equal([data[0], data.readInt32BE(1)], [0, first.id], 'the frame')
    equal({ ...(await client().decode(data)) }, event, 'the event')

    await client().register(schema(s.item), { subject: `kafkajs-item-${s.format}` })
    const references = [{ name: s.ref, subject: `kafkajs-item-${s.format}`, version: 1 }]
    const basket = await client().register(schema(s.with, references), { subject: `kafkajs-basket-${s.format}` })
    const filled = { items: [{ sku: 'x' }] }
    const again = await client().decode(await client().encode(basket.id, filled))
    equal(JSON.parse(JSON.stringify(again)), filled, 'the event under a schema with references')
  })
}

check('compatibility set at the first registration', async () => {
  const opts = { subject: 'kafkajs-config', compatibility: COMPATIBILITY.FULL }
  await client().register({ type: 'AVRO', schema: samples[0].v1 }, opts)
  await client().register({ type: 'AVRO', schema: samples[0].v1 }, opts)
  try {
    await client().register({ type: 'AVRO', schema: samples[0].v2 }, { ...opts, compatibility: COMPATIBILITY.NONE })
  } catch (e) {
    equal(e.message, 'Compatibility does not match the configuration (NONE != FULL)', 'the error of the client')
    return
  }
  throw new Error('the client did not see the level that it had set')
})

check('subject derived from the schema', async () => {
  const { id } = await client().register({ type: 'AVRO', schema: samples[0].v1 })
  equal(await client().getLatestSchemaId('shop.Order'), id, 'the id under the derived subject')
})

await run()
