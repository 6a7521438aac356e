// Asks the language's own implementation for its answers to the expressions of
// cases.txt and writes expected.jsonl. Run it by hand after a change of
// cases.txt, with Node 18 or later:
//
//   npm install --no-save --prefix DIR jsonata@2.2.2
//   TZ=UTC node generate.mjs DIR
//
// Each line is {in, expr} and one of out (JSON text), nothing: true, or error
// (a code, or "host" where the implementation itself fails).
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(process.argv[2] + "/");
const jsonata = require("jsonata");
const inputs = {};
let use = "none";
const lines = [];
for (const line of readFileSync(new URL("cases.txt", import.meta.url), "utf8").split("\n")) {
  if (line === "" || line.startsWith("# ")) continue;
  const input = /^@input (\w+) (.*)$/.exec(line);
  const used = /^@use (\w+)$/.exec(line);
  if (input) {
    inputs[input[1]] = input[2];
  } else if (used) {
    use = used[1];
  } else {
    const entry = { in: use, expr: line };
    try {
      const result = await jsonata(line).evaluate(JSON.parse(inputs[use]));
      if (typeof result === "function" || (result && (result._jsonata_lambda || result._jsonata_function))) entry.error = "function";
      else if (result === undefined) entry.nothing = true;
      else entry.out = JSON.stringify(result);
    } catch (e) {
      entry.error = e.code ?? "host";
    }
    lines.push(JSON.stringify(entry));
  }
}
lines.unshift(JSON.stringify({ inputs }));
writeFileSync(new URL("expected.jsonl", import.meta.url), lines.join("\n") + "\n");
