import type { PredictSettings } from '../../config/predict.js';
import type { DeviceChoice } from '../../engine/device.js';
import type { Runtime } from '../../engine/runtime.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { Model } from '../../model/model.js';
import type { OutputFormat } from '../../predict/formats/output-formats.js';
import { formatCount } from '../../report/numbers.js';
import type { AskedPrediction } from '../prediction-options.js';
import { reportDevice } from '../start-device.js';
import type { Terminal } from '../terminal.js';
import { withShardCodes } from './shard-exit.js';
import { stopShardOnSignals } from './stop-shard.js';

export interface PlannedArguments {
  readonly plan: string;
  readonly shard: number;
  readonly model: string;
  readonly device: DeviceChoice;
  readonly predict: Partial<PredictSettings>;
  readonly out: string;
  readonly formats: readonly OutputFormat[];
  readonly asked: AskedPrediction;
  /** Whether images that cannot be predicted leave the exit code 0; `shard merge` tells of them. */
  readonly allowFailed: boolean;
}

/** `nucleate predict --plan P --shard I`. */
export async function predictPlanned(
  { plan: place, shard, model: folder, device, predict, out, formats, asked, allowFailed }: PlannedArguments,
  terminal: Terminal,
): Promise<void> {
  const { check, release } = stopShardOnSignals(terminal);
  let model: Model | undefined;
  try {
    await withShardCodes(async () => {
      const [{ readShardPlan }, { predictShard, requireShard }, { openModel }] = await Promise.all([
        import('../../shard/plan.js'),
        import('../../shard/predict-shard.js'),
        import('../../model/model.js'),
      ]);
      if (asked.settings.region !== undefined) throw noRegion();
      const plan = await readShardPlan(place);
      requireShard(plan, shard);
      const warn = ({ what, where, hint }: Problem) =>
        terminal.warn([where && `${where}:`, what, hint].filter(Boolean).join(' '));
      let computes = '';
      const onStart = (runtime: Runtime) => {
        computes = runtime.device;
        reportDevice(runtime, terminal);
      };
      model = await openModel(folder, device, { predict, onStart });
      check();
      const progress = terminal.progress('predicting', 1);
      const result = await predictShard(model, plan, {
        ...{ out, shard, formats, device: computes, ...asked },
        onProgress: (done, total) => {
          progress.update(Number((done / total).toFixed(4)));
          check();
        },
        onFailure: warn,
        onNotice: warn,
        onTakeover: (notice) => terminal.notice(notice),
      });
      const { images, regions, skipped, failed } = result;
      const counts = [
        ...(images > 0 || regions === 0 ? [formatCount(images, 'image')] : []),
        ...(regions > 0 ? [formatCount(regions, 'region')] : []),
        ...(skipped > 0 ? [`${skipped} of them done before`] : []),
        ...(failed.length > 0 ? [`${failed.length} failed, see above`] : []),
      ];
      const next = `nucleate shard merge --plan ${place} --out ${out}`;
      terminal.result({
        text: [
          `shard ${shard} of ${plan.shards}  ${counts.join('; ')}`,
          `written     ${result.folder}`,
          `next        when all shards have ended: ${next}`,
        ].join('\n'),
        value: result,
      });
      if (failed.length > 0 && !allowFailed) process.exitCode = exitCodes.never;
    });
  } finally {
    release();
    model?.dispose();
  }
}

const noRegion = () =>
  new NucleateError({
    what: '--region and --plan exclude each other: the plan says what is predicted.',
    hint: 'Leave out --region; to cut large images into regions, nucleate shard plan --region-size 4096.',
    exitCode: exitCodes.usage,
  });
