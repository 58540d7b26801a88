/**
 * The first key that occurs twice in an object of this text; undefined if none does. `JSON.parse` keeps the last.
 *
 * @param json Valid JSON.
 */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      if (nextCharacter(json, end) === ':') {
        const key = JSON.parse(json.slice(at, end)) as string;
        if (open.at(-1)!.has(key)) return key;
        open.at(-1)!.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The place after the closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function nextCharacter(json: string, from: number): string | undefined {
  let at = from;
  while (' \t\n\r'.includes(json[at] ?? '.')) at++;
  return json[at];
}
