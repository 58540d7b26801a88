import { readStamp } from '../../../setup/stamp.js';
import type { DeviceChoice } from '../../engine/device.js';
import type { Health } from '../../engine/health.js';
import { exitCodes } from '../../errors.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';

/** The output of `nucleate doctor`, problems last. */
function describe(health: Health): string {
  const { library, gpu, cpu, conv } = health;
  const gflops = (value: number | null) => (value === null ? 'not possible' : `${value.toFixed(0)} GFLOP/s`);
  const rows: [string, string][] = [
    ['nucleate', `${health.nucleate}, Node ${health.node}, tfjs ${health.tfjs}, sharp ${health.sharp}`],
    ['device', `${health.device ?? 'none'}: ${health.why}`],
    ['TensorFlow', `${health.tensorflow ?? 'not loaded'}${library.folder ? `, ${library.folder}` : ''}`],
    ['binding', health.binding ? 'built' : 'not built'],
    ['GPU', gpu ? `${gpu.name}, ${gpu.memory} MiB, driver ${gpu.driver}` : 'none in use'],
    ['CPU', `${cpu.name}, ${cpu.threads} threads, ${cpu.memory} MiB`],
  ];
  if (conv) {
    rows.push([
      'convolution',
      `forward ${gflops(conv.forwardGflops)}, backward ${gflops(conv.backwardGflops)}`,
    ]);
  }
  const problems = health.problems.map(
    ({ what, where, hint }) => `problem: ${what}${where ? `\n  where: ${where}` : ''}\n  hint: ${hint}`,
  );
  return [
    ...rows.map(([name, value]) => `${name.padEnd(13)}${value}`),
    ...(problems.length > 0 ? problems : ['No problems.']),
  ].join('\n');
}

export const doctorCommand: Command<{ device: DeviceChoice; gpu: boolean }> = {
  usage: 'doctor',
  describe: 'Check this installation: versions, device, speed, and problems with their fixes',
  examples: [
    ['nucleate doctor', 'as text'],
    ['nucleate doctor --json', 'as JSON, for other programs'],
    ['nucleate doctor --device wasm', 'another device'],
    ['nucleate doctor --gpu --json', 'at most eight minutes: a GPU against the processor, to send to us'],
  ],
  builder: (parser) =>
    withDevice(parser).option('gpu', {
      type: 'boolean',
      default: false,
      describe:
        'Try a GPU against the processor in at most eight minutes: nuclei, speed, memory, a training, a resume',
    }),
  async handler({ device, gpu }, terminal) {
    const { examine } = await import('../../engine/health.js');
    const health = await examine(device, readStamp());
    if (gpu) {
      const [{ runGpuCheck }, { gpuReportText }] = await Promise.all([
        import('../gpu-check/run-gpu-check.js'),
        import('../gpu-check/gpu-report.js'),
      ]);
      const report = await runGpuCheck(health, terminal);
      terminal.result({ text: gpuReportText(report), value: report });
      if (report.checks.some(({ passed }) => passed === false)) process.exitCode = exitCodes.environment;
      return;
    }
    terminal.result({ text: describe(health), value: health });
    if (health.problems.length > 0) process.exitCode = exitCodes.environment;
  },
};
