// Walks the surface of Confluent's JavaScript registry client and its serdes.
//
// Usage: node check.mjs URL < samples.json
import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import sr from '@confluentinc/schemaregistry'
import { check, equal, run, samples, url } from './harness.mjs'

// One with empty caches for every step, so that answers come from the registry.
const client = () => sr.SchemaRegistryClient.newClient({ baseURLs: [url], maxRetries: 0 })

async function refused(code, text, promise) {
  try {
    await promise
  } catch (e) {
    if (e.errorCode !== code || !e.message.includes(text)) {
      throw new Error(`the error is ${e.errorCode} ${e.message}, not ${code} with ${text}`)
    }
    return
  }
  throw new Error(`it was accepted instead of ${code} with ${text}`)
}

for (const s of samples) {
  check(`format ${s.format}`, async () => {
    const subject = `js-${s.format}` // this client does not escape every path
    const info = (schema, references) => ({ schema, schemaType: s.format, references })
    const first = await client().registerFullResponse(subject, info(s.v1), false)
    equal(first.version, 1, 'the first version')
    const second = await client().register(subject, info(s.v2), true)
    await refused(409, `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [`, client().register(subject, info(s.bad), false))
    await refused(42201, 'Invalid schema', client().register(subject, info('{ no schema'), false))

    equal((await client().getBySubjectAndId(subject, first.id)).schema, s.v1, 'the text by id')
    equal((await client().getByGuid(first.guid)).schema, s.v1, 'the text by GUID')
    equal(await client().getId(subject, info(s.v2), false), second, 'the id by schema')
    equal(await client().getVersion(subject, info(s.v1), false, false), 1, 'the version by schema')
    const latest = await client().getLatestSchemaMetadata(subject)
    equal([latest.id, latest.version, latest.subject], [second, 2, subject], 'latest')
    equal((await client().getSchemaMetadata(subject, 1, false)).id, first.id, 'version 1')
    equal(await client().getAllVersions(subject), [1, 2], 'the versions')
    equal((await client().getAllSubjects()).includes(subject), true, 'whether it is listed')
    equal(await client().testCompatibility(subject, 1, info(s.bad)), false, 'the check of the bad version')
    equal(await client().testSubjectCompatibility(subject, info(s.v2)), true, 'the check of version 2')
    await refused(40403, 'Schema not found', client().getId(subject, info(s.item), false))
    await refused(40401, "Subject 'absent' not found.", client().getAllVersions('absent'))
    await refused(40402, 'Version 9 not found.', client().getSchemaMetadata(subject, 9, false))

    const item = `js-item-${s.format}`
    await client().register(item, info(s.item), false)
    const references = [{ name: s.ref, subject: item, version: 1 }]
    const id = await client().register(`js-basket-${s.format}`, info(s.with, references), false)
    equal((await client().getBySubjectAndId(`js-basket-${s.format}`, id)).references, references, 'the references')
    await refused(42206, 'One or more references exist to the schema', client().deleteSubjectVersion(item, 1, false))
  })
}

check('contract', async () => {
  const info = { schema: samples[0].v1, schemaType: 'AVRO' }
  const rule = { name: 'has_id', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: "message.id != ''" }
  await client().register('js-contract', info, false)
  await client().register('js-contract', { ...info, metadata: { properties: { owner: 'shop' } }, ruleSet: { domainRules: [rule] } }, false)
  const got = await client().getLatestWithMetadata('js-contract', { owner: 'shop' }, false)
  equal([got.version, got.ruleSet.domainRules[0].expr], [2, rule.expr], 'the version with the metadata')
  await refused(40403, 'Schema not found', client().getLatestWithMetadata('js-contract', { owner: 'nobody' }, false))
})

check('config', async () => {
  equal(await client().getDefaultCompatibility(), 'BACKWARD', 'the global level')
  await refused(40408, "Subject 'js-config' does not have subject-level compatibility configured", client().getCompatibility('js-config'))
  for (const level of Object.values(sr.Compatibility)) {
    await client().updateCompatibility('js-config', level)
    equal(await client().getCompatibility('js-config'), level, 'the level')
  }
  await client().updateConfig('js-config', { compatibility: 'FORWARD', compatibilityGroup: 'major', normalize: true })
  const got = await client().getConfig('js-config')
  equal([got.compatibilityLevel, got.compatibilityGroup, got.normalize], ['FORWARD', 'major', true], 'the config')
  await client().updateDefaultCompatibility('FULL')
  equal((await client().getDefaultConfig()).compatibilityLevel, 'FULL', 'the global config')
  await client().updateDefaultCompatibility('BACKWARD')
  await refused(42203, 'Invalid compatibility level.', client().updateCompatibility('js-config', 'SIDEWAYS'))
})

check('delete', async () => {
  const subject = 'js-delete'
  for (const schema of [samples[1].v1, samples[1].v2]) {
    await client().register(subject, { schema, schemaType: 'JSON' }, false)
  }
  await refused(40407, `Subject '${subject}' Version 1 was not deleted first before being permanently deleted`, client().deleteSubjectVersion(subject, 1, true))
  equal(await client().deleteSubjectVersion(subject, 1, false), 1, 'the deleted version')
  await refused(40402, 'Version 1 not found.', client().getSchemaMetadata(subject, 1, false))
  equal((await client().getSchemaMetadata(subject, 1, true)).version, 1, 'the hidden version')
  await refused(40405, `Subject '${subject}' was not deleted first before being permanently deleted`, client().deleteSubject(subject, true))
  equal(await client().deleteSubject(subject, false), [2], 'the deleted versions')
  equal(await client().deleteSubject(subject, true), [1, 2], 'the purged versions')
  await refused(40401, `Subject '${subject}' not found.`, client().deleteSubject(subject, false))
})

// roundTrip serialises with one client and deserialises with another.
async function roundTrip(make, event, topic) {
  const { serializer, deserializer } = make(client(), client())
  const data = await serializer.serialize(topic, event)
  equal(data[0], 0, 'the magic byte')
  equal(data.readInt32BE(1) > 0, true, 'whether the frame has an id')
  return deserializer.deserialize(topic, data)
}

check('serde avro', async () => {
  await client().register('js-avro-value', { schema: samples[0].v2, schemaType: 'AVRO' }, false)
  const conf = { useLatestVersion: true, autoRegisterSchemas: false }
  const event = { id: 'a', note: null }
  const got = await roundTrip((a, b) => ({
    serializer: new sr.AvroSerializer(a, sr.SerdeType.VALUE, conf),
    deserializer: new sr.AvroDeserializer(b, sr.SerdeType.VALUE, {}),
  }), event, 'js-avro')
  equal({ ...got }, event, 'the event')
})

check('serde json', async () => {
  await client().register('js-json-value', { schema: samples[1].v2, schemaType: 'JSON' }, false)
  const conf = { useLatestVersion: true, autoRegisterSchemas: false, validate: true }
  const make = (a, b) => ({
    serializer: new sr.JsonSerializer(a, sr.SerdeType.VALUE, conf),
    deserializer: new sr.JsonDeserializer(b, sr.SerdeType.VALUE, { validate: true }),
  })
  equal(await roundTrip(make, { id: 'a', note: 'n' }, 'js-json'), { id: 'a', note: 'n' }, 'the event')
  let failure
  await roundTrip(make, { note: 'no id' }, 'js-json').catch((e) => { failure = e })
  equal(failure !== undefined, true, 'whether an invalid event was refused')
})

check('serde protobuf', async () => {
  // The serializer sends the descriptor as base64; the deserializer asks for
  // format=serialized.
  const field = (name, number, type, label) => ({ name, number, type, label, jsonName: name })
  const file = create(FileDescriptorProtoSchema, {
    name: 'js_order.proto', package: 'jsshop', syntax: 'proto3',
    messageType: [{ name: 'JsOrder', field: [field('id', 1, 9, 1), field('lines', 2, 5, 3)] }],
  })
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }))
  const desc = registry.getMessage('jsshop.JsOrder')
  const event = create(desc, { id: 'a', lines: [1, 2] })
  const got = await roundTrip((a, b) => {
    const serializer = new sr.ProtobufSerializer(a, sr.SerdeType.VALUE, { autoRegisterSchemas: true })
    serializer.registry.add(desc)
    return { serializer, deserializer: new sr.ProtobufDeserializer(b, sr.SerdeType.VALUE, {}) }
  }, event, 'js-proto')
  equal([got.id, [...got.lines]], ['a', [1, 2]], 'the event')
  const stored = await client().getLatestSchemaMetadata('js-proto-value')
  equal(stored.schema.includes('message JsOrder {'), true, 'whether the stored text is source')
})

await run()
