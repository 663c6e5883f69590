// Checks with sentences, printed by the Test Anything Protocol: the runner counts these lines.
// A run that breaks off has no plan at its end, and so has failed.

let number = 0;
let failed = 0;

/** One check: passes if `holds` neither throws nor returns false. Returns what it returned, or false. */
export async function check(sentence, holds) {
  number += 1;
  try {
    const outcome = await holds();
    if (outcome === false) throw new Error("does not hold");
    console.log(`ok ${number} - ${sentence}`);
    return outcome ?? true;
  } catch (fault) {
    failed += 1;
    console.log(`not ok ${number} - ${sentence}: ${firstLine(fault)}`);
    for (const line of String(fault?.stack ?? fault).split("\n").slice(1)) console.log(`# ${line}`);
    return false;
  }
}

/** Checks of which each needs the ones before: after the first that fails, the others fail at once as not reached. */
export function stepwise() {
  let broken = false;
  return async (sentence, holds) => {
    const outcome = await check(sentence, broken ? () => Promise.reject("not reached") : holds);
    broken ||= outcome === false;
    return outcome;
  };
}

/** Throws, with both values, unless they are the same. */
export function same(found, expected) {
  if (found !== expected) throw new Error(`found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** Throws unless the text holds the part, or matches it. */
export function holds(text, part) {
  const there = part instanceof RegExp ? part.test(text) : text.includes(part);
  if (!there) throw new Error(`${part} is not in: ${text.replace(/\s+/g, " ").slice(0, 400)}`);
}

/** Runs the journeys; prints the plan and ends, whatever came of them. A journey that breaks is one failure and ends only itself. */
export async function journeys(list) {
  for (const [sentence, walk] of list) {
    console.log(`# ${sentence}`);
    try {
      await walk();
    } catch (fault) {
      await check(`${sentence}: is walked to its end`, () => Promise.reject(fault));
    }
  }
  console.log(`1..${number}`);
  process.exitCode = failed ? 1 : 0;
}

function firstLine(fault) {
  return String(fault?.message ?? fault).split("\n").slice(0, 2).join(" ").replaceAll("#", "＃");
}
