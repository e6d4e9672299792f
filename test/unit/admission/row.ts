import {
  Admission,
  type AdmissionOptions,
  type ResourceVector,
  type Ticket,
} from '../../../src/admission/index.ts';

export interface RowKey {
  readonly priority?: number;
  readonly stage?: number;
  readonly pipeline?: number;
  readonly position?: number;
}

/** The least a supervisor's row must be. */
export class Row implements Ticket {
  readonly priority: number;
  readonly stage: number;
  readonly pipeline: number;
  readonly position: number;
  readonly vector: ResourceVector;
  place: Ticket['place'] = 'out';
  passedBy = 0;

  constructor(vector: ResourceVector, { priority = 0, stage = 0, pipeline = 1, position = 0 }: RowKey = {}) {
    this.vector = vector;
    this.priority = priority;
    this.stage = stage;
    this.pipeline = pipeline;
    this.position = position;
  }

  copy(): Row {
    const copy = new Row(this.vector, this);
    copy.place = this.place;
    copy.passedBy = this.passedBy;
    return copy;
  }
}

export function admissionOf(options: Partial<AdmissionOptions> = {}): Admission<Row> {
  return new Admission<Row>({
    resources: {},
    taskParallelism: 1_000,
    policy: { policy: 'strict' },
    ...options,
  });
}

/** Admits until nothing more may be (S6). */
export function drain(admission: Admission<Row>, now = 0): Row[] {
  const admitted: Row[] = [];
  for (let row = admission.next(now); row !== undefined; row = admission.next(now)) admitted.push(row);
  return admitted;
}

/** `count` rows of one vector, positions 0, 1, 2, ... */
export function rowsOf(vector: ResourceVector, count: number, key: RowKey = {}): Row[] {
  return Array.from({ length: count }, (_, position) => new Row(vector, { ...key, position }));
}
