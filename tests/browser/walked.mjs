// A journey of its own: a fresh demo, a person before it with a page, and the walk.

import { person } from "./browser.mjs";
import { inDemo } from "./demo.mjs";

/** Makes journeys for one browser: each takes a sentence, a name for its demo, the walk, the clock and the person's habits. */
export function walkedIn(chromium) {
  return (sentence, name, walk, { clock, ...habit } = {}) => [
    sentence,
    () =>
      inDemo(
        name,
        async (world) => {
          const context = await person(chromium, habit);
          try {
            await walk(await context.newPage(), world, context);
          } finally {
            await context.close();
          }
        },
        { clock },
      ),
  ];
}
