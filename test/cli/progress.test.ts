import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { progressBar, progressLine } from '../../src/cli/progress-line.js';
import { run } from './run-nucleate.js';

const script = fileURLToPath(new URL('fixtures/progress.ts', import.meta.url));
const piped = (options: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, ['--import', 'tsx', script, ...options], { env });

const state = { label: 'training', done: 30, total: 120, seconds: 20, note: 'loss 0.25' };

describe('the line', () => {
  test.each([
    { change: {}, line: 'training 30/120 25% eta 1m00s loss 0.25' }, // 20 s for 30, 90 are left
    { change: { done: 0 }, line: 'training 0/120 0% loss 0.25' },
    { change: { done: 120 }, line: 'training 120/120 100% loss 0.25' },
    { change: { done: 0, total: 0 }, line: 'training 0 loss 0.25' },
    { change: { done: 1, total: 3, seconds: 3600, note: '' }, line: 'training 1/3 33% eta 2h00m' },
    { change: { note: 'a\nb\u001b[2J' }, line: 'training 30/120 25% eta 1m00s a b' },
  ])('$line', ({ change, line }) => {
    expect(progressLine({ ...state, ...change })).toBe(line);
  });

  test('gets a bar that fills the room in the terminal', () => {
    // 60 columns - 1 - the line of 39 - "[] " = 17 for the bar.
    expect(progressBar(state, 60)).toBe(`[====-------------] ${progressLine(state)}`);
    expect(progressBar(state, 200)).toBe(`[========----------------------] ${progressLine(state)}`);
    expect(progressBar(state, 45)).toBe(progressLine(state));
    expect(progressBar(state, 20)).toBe('training 30/120 25%');
    expect(progressBar(state, 1)).toBe('');
    expect(progressBar({ ...state, done: 0, total: 0 }, 200)).toMatch(/^\[-{30}\] training 0/u);
  });
});

describe('in a pipe', () => {
  test('ends with one plain line on stderr, the result on stdout', async () => {
    const { stdout, stderr } = await piped([]);
    expect(stdout).toBe('finished\n');
    expect(stderr).toBe('half of it\nwarning: a warning\ntraining 3/3 100% loss 0.33\ngoodbye\n');
  });

  test('prints a line every few seconds', { timeout: 30_000 }, async () => {
    const { stderr } = await piped([], { TOTAL: '13', STEP_MS: '500' });
    expect(stderr.match(/^training \d+\/13/gmu)).toHaveLength(2);
  });

  test.each([
    { options: ['--no-progress'], log: 'half of it\nwarning: a warning\ngoodbye\n' },
    { options: ['--quiet'], log: 'warning: a warning\n' },
    { options: ['--no-progress', '--verbose'], log: 'half of it\nall of it\nwarning: a warning\ngoodbye\n' },
  ])('with $options', async ({ options, log }) => {
    expect(await piped(options)).toEqual({ status: 0, stdout: 'finished\n', stderr: log });
  });

  test('with --json', async () => {
    const { stdout, stderr } = await piped(['--json']);
    expect(JSON.parse(stdout)).toEqual({ finished: true });
    expect(stderr).not.toContain('training');
  });
});

/** The lines that a terminal shows at the end. */
function screen(output: string): string[] {
  const line = (text: string) => {
    let shown = '';
    for (const part of text.split(/(\u001b\[\d+[A-Za-z]|\r)/u)) {
      if (part === '\r' || part === '\u001b[1G') shown = '';
      else if (!part.startsWith('\u001b')) shown += part;
    }
    return shown;
  };
  return output.replaceAll('\r\n', '\n').trimEnd().split('\n').map(line);
}

describe('in a terminal', () => {
  /** Everything that was drawn, with control sequences. */
  async function drawn(env: NodeJS.ProcessEnv): Promise<string> {
    const columns = env['COLUMNS'] ?? '80';
    const command = `stty cols ${columns}; exec '${process.execPath}' --import tsx '${script}'`;
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], {
      env: { TERM: 'xterm', ...env },
    });
    return stdout;
  }

  test('draws a bar and prints other lines above it', async () => {
    const output = await drawn({});
    expect(screen(output)).toEqual([
      'half of it',
      'warning: a warning',
      `[${'='.repeat(30)}] training 3/3 100% loss 0.33`,
      'finished',
      'goodbye',
    ]);
    expect(output).toContain('[==========--------------------] training 1/3 33%');
    // The bar is redrawn below the printed line before its next change.
    expect(output).toMatch(/a warning\r\n[^\n]*training 2\/3/u);
  });

  test.each(['20', '5', '1'])('of %s columns draws no line that would wrap', async (columns) => {
    const output = await drawn({ COLUMNS: columns });
    const lines = output
      .split(/[\r\n]|\u001b\[1G/u)
      .map((line) => line.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/gu, ''))
      .filter((line) => !/half|all of|warning|finished|goodbye/u.test(line));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(Number(columns));
    expect(output).not.toMatch(/NaN|Infinity|undefined/u);
  });

  test('without any steps shows no NaN', async () => {
    expect(await drawn({ TOTAL: '0' })).not.toMatch(/NaN|Infinity|undefined|NULL/u);
  });

  test.each([{ TERM: 'dumb' }, { CI: 'true' }])('with %o moves no cursor', async (env) => {
    const output = await drawn(env);
    expect(output).toContain('training 3/3 100%');
    expect(output.replaceAll(/\u001b\[\d+m/gu, '')).not.toContain('\u001b');
  });
});
