// The stand of two processes, as the JSON file tells it that KAGIMORI_STAND names, and persons who sit before it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { personWithProfile } from "./browser.mjs";

export const stand = JSON.parse(readFileSync(process.env.KAGIMORI_STAND, "utf8"));
export const START = `${stand.portal}/${stand.office}/revocation`;

/** A person at the stand, with a browser of their own that trusts the stand's certificate authority. */
export async function visitor(profile) {
  return personWithProfile(join(stand.place, profile), { names: { [new URL(stand.portal).hostname]: "127.0.0.1" }, env: { HOME: stand.home } });
}
