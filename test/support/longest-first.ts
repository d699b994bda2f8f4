/**
 * The order in which the files of the suite begin: whole runs before single parts. Vitest begins with the largest files where it knows nothing of
 * earlier runs, and those of whole runs are small: they would be begun last, and one core would wait for the other.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The longest first. All others come after them, the largest files first: so those of `test/integration`, which wait more than they work, run beside those
 * that only work.
 */
const WHOLE_RUNS = ['/test/chaos/', '/test/bench/', '/test/e2e/'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = WHOLE_RUNS.findIndex((folder) => moduleId.includes(folder));
      return at === -1 ? WHOLE_RUNS.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
