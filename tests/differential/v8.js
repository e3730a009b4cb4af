// Runs cases of `with_v8.rs` in V8: a line of JSON in for each, a line of JSON out.
"use strict";

const scratch = new DataView(new ArrayBuffer(8));

function toBits(type, value) {
  switch (type) {
    case "i32": return [type, String(value >>> 0)];
    case "i64": return [type, String(BigInt.asUintN(64, value))];
    case "f32":
      if (Number.isNaN(value)) return [type, String(0x7fc00000)];
      scratch.setFloat32(0, value);
      return [type, String(scratch.getUint32(0))];
    case "f64":
      if (Number.isNaN(value)) return [type, String(0x7ff8000000000000n)];
      scratch.setFloat64(0, value);
      return [type, String(scratch.getBigUint64(0))];
    case "funcref": return [type, value !== null];
    case "externref": return [type, value];
    default: throw new Error(`type ${type}`);
  }
}

function fromBits([type, bits]) {
  switch (type) {
    case "i32": return Number(bits) | 0;
    case "i64": return BigInt.asIntN(64, BigInt(bits));
    case "f32": scratch.setUint32(0, Number(bits)); return scratch.getFloat32(0);
    case "f64": scratch.setBigUint64(0, BigInt(bits)); return scratch.getFloat64(0);
    case "funcref": return null;
    case "externref": return bits;
    default: throw new Error(`type ${type}`);
  }
}

// The digest of `values.rs`.
class Digest {
  hash = 0x811c9dc5 | 0;
  word(word) {
    this.hash = Math.imul(this.hash ^ word, 0x01000193);
    this.hash ^= this.hash >>> 15;
  }
  value([type, bits]) {
    switch (type) {
      case "i32": case "f32": this.word(Number(bits) | 0); break;
      case "i64": case "f64":
        this.word(Number(BigInt.asIntN(32, BigInt(bits))));
        this.word(Number(BigInt.asIntN(32, BigInt(bits) >> 32n)));
        break;
      case "funcref": this.word(bits ? 1 : 0); break;
      case "externref": this.word(bits === null ? 0 : bits + 1); break;
    }
  }
  get() { return this.hash >>> 0; }
}

function memoryState(memory) {
  const words = new Uint32Array(memory.buffer);
  const digest = new Digest();
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== 0) { digest.word(at); digest.word(words[at]); }
  }
  return [words.length >>> 14, digest.get()];
}

function tableState(table) {
  const digest = new Digest();
  for (let at = 0; at < table.length; at++) {
    const element = table.get(at);
    digest.value(typeof element === "function" ? ["funcref", true] : ["externref", element]);
  }
  return [table.length, digest.get()];
}

class Refusal extends Error {}

// V8's messages, and the traps of `record.rs` as its `seen_by_v8` sees them.
const TRAPS = [
  [/^unreachable/, "Unreachable"],
  [/^(divide|remainder) by zero/, "DivideByZero"],
  [/^divide result unrepresentable/, "IntegerOverflow"],
  [/^float unrepresentable in integer range/, "IntegerOverflow"],
  [/memory access out of bounds|data segment.*out of bounds/, "MemoryBounds"],
  [/table (index|access).*out of bounds|table index is out of bounds|(element|table).*out of bounds/, "TableBounds"],
  [/null function or function signature/, "IndirectType"],
];

function trapOf(error) {
  if (error instanceof Refusal) return "Host";
  if (error instanceof RangeError && /stack size/.test(error.message)) return "StackOverflow";
  const known = TRAPS.find(([pattern]) => pattern.test(error.message.replace(/^WebAssembly.Instance\(\): /, "")));
  return known && error instanceof WebAssembly.RuntimeError ? known[1] : `${error.name}: ${error.message}`;
}

function hostItem(described, position, hostCalls) {
  const limits = { maximum: described.max ?? undefined };
  if ("global" in described) {
    const [type] = described.global;
    const value = type === "funcref" ? "anyfunc" : type;
    return new WebAssembly.Global({ value, mutable: described.mutable }, fromBits(described.global));
  }
  if ("memory" in described) return new WebAssembly.Memory({ initial: described.memory, ...limits });
  if ("table" in described) {
    const element = described.table === "funcref" ? "anyfunc" : described.table;
    return new WebAssembly.Table({ element, initial: described.min, ...limits }, null);
  }
  return (...given) => {
    const params = described.func.map((type, at) => toBits(type, given[at]));
    hostCalls.push([position, params]);
    const digest = new Digest();
    params.forEach((value) => digest.value(value));
    const answer = described.answers[digest.get() % described.answers.length];
    if (answer === null) throw new Refusal();
    const results = answer.map(fromBits);
    return results.length > 1 ? results : results[0];
  };
}

function run(described) {
  const steps = [];
  let hostCalls = [];
  let exports = null;
  const step = (outcome, isLast) => {
    const globals = exports ? described.globals.map(([name, type]) => toBits(type, exports[name].value)) : [];
    const state = exports && isLast
      ? [...described.memories.map((name) => memoryState(exports[name])),
         ...described.tables.map((name) => tableState(exports[name]))]
      : [];
    steps.push({ hostCalls: hostCalls.splice(0), globals, state, ...outcome });
  };
  const imports = Object.create(null);
  described.imports.forEach((item, position) => {
    (imports[item.module] ??= Object.create(null))[item.name] = hostItem(item, position, hostCalls);
  });
  try {
    const module = new WebAssembly.Module(Buffer.from(described.wasm, "hex"));
    exports = new WebAssembly.Instance(module, imports).exports;
  } catch (error) {
    step({ trap: trapOf(error) }, false);
    return steps;
  }
  step({ results: [] }, false);
  for (const [number, call] of described.calls.entries()) {
    exports[described.fuel[0]].value = described.fuel[1];
    let outcome;
    try {
      const got = exports[call.name](...call.params.map(fromBits));
      const results = call.results.length > 1 ? got : call.results.length === 1 ? [got] : [];
      outcome = { results: call.results.map((type, at) => toBits(type, results[at])) };
    } catch (error) {
      outcome = { trap: trapOf(error) };
    }
    step(outcome, number + 1 === described.calls.length);
    if (outcome.trap === "StackOverflow") break;
  }
  return steps;
}

require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(run(JSON.parse(line))) + "\n");
});
