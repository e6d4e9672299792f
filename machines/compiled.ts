/**
 * The four charts as the runtime runs them. Their function assigners return the whole context, which the
 * exhaustive comparison with the interpreter proves (test/machines/equivalence.test.ts).
 */
import { compile } from './compile.ts';
import { pipelineMachine } from './pipeline.ts';
import { stageMachine } from './stage.ts';
import { supervisorMachine } from './supervisor.ts';
import { taskMachine } from './task.ts';

export const taskLogic = compile(taskMachine, { assigners: 'whole' });
export const stageLogic = compile(stageMachine, { assigners: 'whole' });
export const pipelineLogic = compile(pipelineMachine, { assigners: 'whole' });
export const supervisorLogic = compile(supervisorMachine, { assigners: 'whole' });

export type TaskSnapshot = ReturnType<typeof taskLogic.initial>;
export type StageSnapshot = ReturnType<typeof stageLogic.initial>;
export type PipelineSnapshot = ReturnType<typeof pipelineLogic.initial>;
export type SupervisorSnapshot = ReturnType<typeof supervisorLogic.initial>;
