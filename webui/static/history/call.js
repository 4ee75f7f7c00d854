/* A generation as a call of the API, to be pasted into a terminal. */

/** Return the curl command that asks for the same again; the key stands in a variable of the shell's. */
export function callOf({ parameters }) {
  const body = JSON.stringify(parameters).replaceAll("'", "'\\''");
  return [
    `curl -X POST ${location.origin}/api/v1/generations`,
    '-H "Authorization: Bearer $ATELIER_KEY"',
    '-H "Content-Type: application/json"',
    `-d '${body}'`,
  ].join(" \\\n  ");
}
