// Waiting for what comes true by itself, bounded.

/** Asks until the answer is true-like, every tenth of a second, at most half a minute. */
export async function until(asks, what) {
  const late = performance.now() + 30_000;
  for (;;) {
    const answer = await asks();
    if (answer) return answer;
    if (performance.now() > late) throw new Error(`${what}: not within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
