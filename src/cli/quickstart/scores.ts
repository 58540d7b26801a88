import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** The score of a target of `nucleate eval --csv`: the mean over its images. */
export function scoreIn(csvFile: string, target: string): number {
  const rows = parse<Record<'target' | 'score', string>>(readFileSync(csvFile), { columns: true });
  const scores = rows.filter((row) => row.target === target).map(({ score }) => Number(score));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
