// What the JavaScript checks share: it is copied beside each of them, as Node
// looks for packages upwards from the file that imports them.
//
// Prints one line for each check, "ok NAME" or "not ok NAME: REASON", and ends
// with 1 if any failed. The caller turns the lines into tests.
import { isDeepStrictEqual } from 'node:util'
import { readFileSync } from 'node:fs'

export const url = process.argv[2]
export const samples = JSON.parse(readFileSync(0, 'utf8'))

const checks = []

export function check(name, test) {
  checks.push([name, test])
}

export function equal(got, want, what) {
  if (!isDeepStrictEqual(got, want)) {
    throw new Error(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`)
  }
}

export async function run() {
  let failed = 0
  for (const [name, test] of checks) {
    try {
      await test()
      console.log('ok', name)
    } catch (e) {
      failed++
      console.log(`not ok ${name}: ${String(e.stack ?? e).replaceAll('\n', ' ')}`)
    }
  }
  process.exit(failed ? 1 : 0)
}
