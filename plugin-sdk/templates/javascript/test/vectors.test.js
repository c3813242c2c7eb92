// The golden vectors of vectors.json, played to the component in the plugin host of the engine. `cordboard` is on the PATH, or
// CORDBOARD_PROGRAM names it.

import test from "node:test";
import { goldenVectors } from "../vendor/cordboard-plugin/testing.js";

goldenVectors(test, new URL("..", import.meta.url));
