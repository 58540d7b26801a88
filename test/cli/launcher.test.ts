import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { copyNucleate, jsonError, nucleate, run } from './run-nucleate.js';

const launchScript = fileURLToPath(new URL('fixtures/launch.js', import.meta.url));

/** A launcher that runs a fixture, once the fixture has printed its process id. */
const launched = (fixture: string) => started(process.execPath, [launchScript, fixture]);

/** The same in a terminal; `launcher.stdin` of the result is its keyboard. */
const launchedInTerminal = (fixture: string) =>
  started('script', ['-qec', `exec '${process.execPath}' '${launchScript}' ${fixture}`, '/dev/null']);

async function started(program: string, args: string[]) {
  const launcher = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void launcher.kill('SIGKILL'));
  let output = '';
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => (output += text.replaceAll('\r', '')));
  const ended = new Promise<number | null>((resolve) => launcher.on('exit', resolve));
  await vi.waitFor(() => expect(output).toMatch(/^\d+\n/u), { timeout: 10_000 });
  const childId = Number.parseInt(output);
  onTestFinished(() => {
    if (stateOf(childId)) process.kill(childId, 'SIGKILL');
  });
  return { launcher, childId, ended, signals: () => output.split('\n').slice(1, -1) };
}

/** S(leeping), R(unning), T (stopped); `undefined` if the process has ended. */
function stateOf(processId: number): string | undefined {
  try {
    const state = /.*\) (\w)/su.exec(readFileSync(`/proc/${processId}/stat`, 'utf8'))?.[1];
    return state === 'Z' ? undefined : state;
  } catch {
    return undefined;
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-launcher-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('signals', { timeout: 30_000 }, () => {
  test.each([
    { signal: 'SIGINT', status: 130 },
    { signal: 'SIGTERM', status: 143 },
    { signal: 'SIGQUIT', status: 131 },
  ] as const)('$signal ends the child, with status $status', async ({ signal, status }) => {
    const { launcher, childId, ended } = await launched('wait.js');
    launcher.kill(signal);
    expect(await ended).toBe(status);
    expect(stateOf(childId)).toBeUndefined();
  });

  test('a child that handles a signal decides about the exit status', async () => {
    const { launcher, ended, signals } = await launched('count-signals.js');
    launcher.kill('SIGTERM');
    await vi.waitFor(() => expect(signals()).toEqual(['SIGTERM']), { timeout: 5000 });
    launcher.kill('SIGINT');
    expect(await ended).toBe(42);
    expect(signals()).toEqual(['SIGTERM', 'SIGINT']);
  });

  test('a child that is blocked in native code ends with its launcher', async () => {
    const { launcher, childId } = await launched('blocked.js');
    launcher.kill('SIGKILL');
    await vi.waitFor(() => expect(stateOf(childId)).toBeUndefined(), { timeout: 10_000 });
  });

  test('a child whose launcher has died while it started ends, too', async () => {
    const file = new URL('../../bin/end-with-launcher.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--import', file, '-e', 'setTimeout(() => {}, 20_000)'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // Long before it has loaded the file.
    child.disconnect();
    expect(await new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))).toBe('SIGTERM');
  });

  test('a terminal that is closed ends the child', async () => {
    const { launcher, childId } = await launchedInTerminal('wait.js');
    // The process at the other end of the terminal dies, like a closed window or a broken connection.
    launcher.kill('SIGKILL');
    await vi.waitFor(() => expect(stateOf(childId)).toBeUndefined(), { timeout: 5000 });
  });

  test('a child without a terminal (nohup) keeps running when a terminal is closed', async () => {
    const { launcher, childId, ended, signals } = await launched('count-signals.js');
    launcher.kill('SIGHUP');
    await sleep(300);
    expect(stateOf(childId)).toBeDefined();
    launcher.kill('SIGINT');
    await sleep(700);
    launcher.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(signals()).toEqual(['SIGINT', 'SIGINT']);
  });

  test('one request that arrives twice is forwarded once', async () => {
    const { launcher, ended, signals } = await launched('count-signals.js');
    launcher.kill('SIGINT');
    await sleep(50);
    launcher.kill('SIGINT');
    expect(await ended).toBe(42);
    expect(signals()).toEqual(['SIGINT']);
  });

  test('two requests are both forwarded', async () => {
    const { launcher, ended, signals } = await launched('count-signals.js');
    launcher.kill('SIGINT');
    await sleep(700);
    launcher.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(signals()).toEqual(['SIGINT', 'SIGINT']);
  });

  test('Ctrl-C in a terminal reaches the child once', async () => {
    const { launcher, ended, signals } = await launchedInTerminal('count-signals.js');
    launcher.stdin.write('\u0003');
    expect(await ended).toBe(42);
    expect(signals()).toEqual(['^CSIGINT']);
  });

  test('Ctrl-Z suspends the child, too, and fg continues it', async () => {
    const { launcher, childId } = await launched('wait.js');
    launcher.kill('SIGTSTP');
    await vi.waitFor(() => expect(stateOf(childId)).toBe('T'), { timeout: 5000 });
    await vi.waitFor(() => expect(stateOf(launcher.pid ?? 0)).toBe('T'), { timeout: 5000 });
    launcher.kill('SIGCONT');
    await vi.waitFor(() => expect(stateOf(childId)).toMatch(/[SR]/u), { timeout: 5000 });
  });

  test('a launcher killed by kill -9 leaves no child behind', async () => {
    const { launcher, childId } = await launched('wait.js');
    expect(stateOf(childId)).toBeDefined();
    launcher.kill('SIGKILL');
    await vi.waitFor(() => expect(stateOf(childId)).toBeUndefined(), { timeout: 2000 });
  });
});

describe('the end of the child', () => {
  const die = (death: string, ...options: string[]) =>
    run(process.execPath, [launchScript, 'die.js', ...options], { env: { DEATH: death } });

  test('with an exit status is passed on silently', async () => {
    expect(await die('7')).toEqual({ status: 7, stdout: '', stderr: '' });
  });

  test.each([
    { death: 'SIGABRT', status: 134, what: 'Node or a native library aborted (SIGABRT).' },
    { death: 'SIGSEGV', status: 139, what: 'A native library crashed (SIGSEGV).' },
    { death: 'SIGBUS', status: 135, what: 'A native library crashed (SIGBUS).' },
    {
      death: 'SIGILL',
      status: 132,
      what: 'A native library used an instruction that this processor lacks (SIGILL).',
    },
    {
      death: 'SIGKILL',
      status: 137,
      what: 'The process was killed (SIGKILL), probably because the machine ran out of memory.',
    },
  ])('by $death is explained', async ({ death, status, what }) => {
    const { stderr, ...rest } = await die(death);
    expect(rest).toEqual({ status, stdout: '' });
    expect(stderr).toMatch(/^error: .*\n {2}hint: .*; a training can be resumed\.\n$/u);
    expect(stderr).toContain(`error: ${what}\n`);

    const outcome = await die(death, '--json');
    expect(outcome).toMatchObject({ status, stderr: '' });
    expect(jsonError(outcome)).toMatchObject({ code: status, what });
  });
});

describe('the environment', () => {
  test('without npm packages it says how to install them', async () => {
    const folder = temporaryFolder();
    copyNucleate(folder);
    const fresh = (...args: string[]) =>
      run(process.execPath, [path.join(folder, 'bin/nucleate.js'), ...args]);
    expect(await fresh('--version')).toEqual({
      status: 9,
      stdout: '',
      stderr: 'error: The npm packages are not installed.\n  hint: npx nucleate setup\n',
    });
    expect(jsonError(await fresh('--json'))).toMatchObject({ code: 9, hint: 'npx nucleate setup' });
  });

  test('a tsconfig.json in the current folder cannot replace modules', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'other.mjs'), 'export default () => {}');
    const paths = { yargs: ['./other.mjs'] };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { paths } }));
    expect(await nucleate(['--version'], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
  });

  test('options of Node reach the child process', async () => {
    const { stdout } = await run(process.execPath, ['--no-deprecation', launchScript, 'print-options.js']);
    expect(stdout).toBe('--no-deprecation\n');
  });
});
