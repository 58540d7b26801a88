import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take from 50 s to 6 min; what is started last would leave a core idle. */
const long = [
  ...['cli/examples', 'setup/library', 'finetune/finetune', 'finetune/kill', 'cli/lab-story'],
  ...['run/checkpoints/killed', 'cli/shard'],
].map((name) => `/test/${name}.test.ts`);

/** Starts the longest files first, since a clean clone does not know how long they take. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
