// Reads a Dockerfile into its stages: enough of the language for ours, and an error for whatever it does not know.

const KNOWN = new Set(['FROM', 'ARG', 'WORKDIR', 'ENV', 'COPY', 'RUN', 'USER', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'CMD']);

/** [{ name, from, steps: [{ line, word, rest, flags }] }], in the order of the file. */
export function readDockerfile(text) {
  const stages = [];
  for (const { line, content } of logicalLines(text)) {
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(content) ?? [];
    if (!KNOWN.has(word)) throw new Error(`Dockerfile:${line}: ${word} is not understood here.`);
    if (word === 'FROM') {
      const [from = '', as, name] = rest.split(/\s+/);
      if (as !== 'AS' || name === undefined) throw new Error(`Dockerfile:${line}: every stage needs a name.`);
      stages.push({ name, from, steps: [] });
      continue;
    }
    stages.at(-1)?.steps.push({ line, word, ...(word === 'COPY' ? withoutFlags(rest) : { rest, flags: {} }) });
  }
  return stages;
}

function withoutFlags(rest) {
  const words = rest.split(/\s+/);
  const flags = Object.fromEntries(words.filter((word) => /^--[a-z]+=/.test(word)).map((word) => word.slice(2).split('=')));
  const text = words.some((word) => /^--[a-z]+=/.test(word)) ? words.filter((word) => !/^--[a-z]+=/.test(word)).join(' ') : rest;
  return { rest: text, flags };
}

function logicalLines(text) {
  const found = [];
  let open = null;
  text.split('\n').forEach((raw, at) => {
    if (/^\s*(#|$)/.test(raw)) return;
    const part = raw.replace(/\\$/, '').trim();
    if (open === null) open = { line: at + 1, content: part };
    else open.content += ` ${part}`;
    if (!raw.endsWith('\\')) {
      found.push(open);
      open = null;
    }
  });
  return found;
}
