export interface Node {
  readonly name: string;
  readonly body: 'inline' | 'bash';
  readonly end: 'succeeds' | 'fails' | 'flaky';
  readonly after: readonly string[];
  readonly finally: boolean;
}

export interface Plan {
  readonly seed: number;
  readonly style: 'code' | 'graph';
  readonly nodes: readonly Node[];
  readonly workers: number;
}

export function randomOf(seed: number): () => number;
export function planOf(seed: number): Plan;
export function expected(plan: Plan): Record<string, 'succeeded' | 'failed' | 'blocked'>;
