// {{description}}

{{exports}}

/**
 * Runs once, before any decision: what it returns is the `policy` of the decisions. Report with `problems.add("/place", "what is
 * wrong")` what the schema cannot say.
 */
export function configure(config, problems) {
  return { notFor: new Set(config.not_for) };
}
