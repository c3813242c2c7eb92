// What routing plugins for Cordboard are written with. `index.d.ts` has the documentation of every member.

export { log } from "./log.js";
export { Ranking, Rings } from "./verdicts.js";

/** Mistakes in a configuration, with their places. */
export class Problems {
  constructor() {
    this.all = [];
  }

  add(path, message) {
    this.all.push({ path: String(path), message: String(message) });
  }
}
