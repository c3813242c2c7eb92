/** For the module that `cordboard plugin build` writes. */

import type { Plugin } from "./index.js";

/**
 * The exports of a component. Takes clock and randomness away from the module, so that nothing depends on them.
 *
 * @param points the decision points that the manifest names
 * @param write the import of the contract that takes lines for the log
 */
export function component(
  plugin: Plugin,
  points: string[],
  write: (level: "debug" | "info" | "warn" | "error", text: string) => void,
): Record<string, Record<string, (argument: any) => any>>;
