/** What an unknown key was probably meant to be. */
import { listed, suggestion } from '../expressions/suggestion.ts';

/** What people write who know other tools -> what it is called here; the first that is known at the place counts. */
const HABITS: Readonly<Record<string, readonly string[]>> = {
  args: ['with', 'vars'],
  arguments: ['with', 'vars'],
  attempts: ['retries', 'retry'],
  backoff: ['backoffMs'],
  cmd: ['bash'],
  code: ['py', 'js'],
  command: ['bash'],
  commands: ['bash'],
  concurrency: ['concurrent', 'max-workers', 'max-parallel'],
  condition: ['if'],
  container: ['image'],
  cron: ['cronjob', 'schedule'],
  cronjob: ['schedule'],
  default_value: ['default'],
  depends: ['needs'],
  'depends-on': ['needs'],
  depends_on: ['needs'],
  dependencies: ['deps', 'needs'],
  description: ['desc'],
  docker: ['image'],
  env_vars: ['env'],
  environment: ['env'],
  each: ['foreach'],
  fail_fast: ['fail-fast'],
  failFast: ['fail-fast'],
  for: ['foreach'],
  for_each: ['foreach'],
  forEach: ['foreach'],
  inputs: ['params', 'with'],
  items: ['foreach'],
  javascript: ['js'],
  job: ['jobs'],
  loop: ['foreach', 'until'],
  max_loop: ['max-loop'],
  maxLoop: ['max-loop'],
  max_parallel: ['max-parallel'],
  maxParallel: ['max-parallel'],
  max_workers: ['max-workers'],
  maxWorkers: ['max-workers'],
  message: ['raise', 'echo'],
  parameters: ['params'],
  print: ['echo'],
  python: ['py'],
  raise_on_error: ['raiseOnError'],
  'raise-on-error': ['raiseOnError'],
  repeat: ['until'],
  requirements: ['deps'],
  retries: ['retry'],
  retry_policy: ['retry'],
  runs_on: ['runs-on'],
  schedule: ['on', 'cronjob'],
  schedules: ['schedule', 'on'],
  script: ['bash', 'js', 'py'],
  sh: ['bash'],
  shell: ['bash'],
  skip_not_match: ['skip-not-match'],
  step: ['stages'],
  steps: ['stages'],
  stage: ['stages'],
  switch: ['case'],
  tasks: ['stages'],
  timeoutMs: ['timeout'],
  timeout_ms: ['timeout'],
  'timeout-minutes': ['timeout'],
  title: ['name', 'desc'],
  trigger_rule: ['trigger-rule'],
  triggers: ['on'],
  values: ['options'],
  variables: ['vars', 'env', 'params'],
  volumes: ['volume'],
  wait: ['sleep'],
  when: ['if'],
  while: ['until'],
  workers: ['max-workers'],
  workflow: ['trigger'],
};

/** `did you mean ...?`, or what is allowed. */
export function keyHint(key: string, known: readonly string[]): string {
  const meant = habitual(key, known) ?? suggestion(key, known) ?? nearHabit(key, known);
  if (meant !== undefined) return meantHint(meant);
  return known.length === 0 ? 'nothing can stand here' : `allowed: ${listed(known)}`;
}

export function meantHint(key: string): string {
  return `did you mean ${JSON.stringify(key)}?`;
}

function habitual(key: string, known: readonly string[]): string | undefined {
  const meant = Object.hasOwn(HABITS, key) ? HABITS[key] : undefined;
  return meant?.find((name) => known.includes(name));
}

function nearHabit(key: string, known: readonly string[]): string | undefined {
  const habit = suggestion(key, Object.keys(HABITS));
  return habit === undefined ? undefined : habitual(habit, known);
}
