/**
 * Keeps API keys out of what is told. Providers quote the key that they refuse, and gateways echo whole headers.
 *
 * Known keys are cut out exactly: those in the headers that the provider's package would send, and those in
 * environment variables that are named like one. Whatever else looks like a key is cut out by its shape.
 */
import type { LanguageModel } from 'ai';

const GONE = '[redacted]';
const SECRET_HEADER = /auth|key|token|secret|cookie/i;
const SECRET_VARIABLE = /(?:API_?KEY|ACCESS_KEY(?:_ID)?|TOKEN|SECRET(?:_KEY)?)$/i;
/** Anything shorter would blot out ordinary words. */
const SHORTEST = 4;

/** Keys by their shape; the first group stays. A digit or a sign tells a key from a word of the sentence. */
const SHAPES: readonly RegExp[] = [
  /\b((?:Bearer|Basic)\s+)(?=[\w.~+/=*-]*[\d+/=*])[\w.~+/=*-]{4,}/gi,
  /([?&][\w-]*(?:key|token|secret)=)[^&\s"'<>]+/gi,
  /((?:api[-_]?key|authorization|access[-_]?token)["']?\s*[:=]\s*["']?)(?=[\w.~+/=*-]*[\d+/=*])[\w.~+/=*-]{8,}/gi,
  /\b()(?:(?:sk|pk|rk|gsk|xai|hf|r8|ghp|gho|glpat|pplx|nvapi)[-_]|AKIA|AIza)[\w*-]{12,}/g,
];

export class Secrets {
  readonly #model: LanguageModel;
  #known: Promise<readonly string[]> | undefined = undefined;

  constructor(model: LanguageModel) {
    this.#model = model;
  }

  /** The text without keys. Never rejects. */
  async cut(text: string): Promise<string> {
    this.#known ??= knownSecrets(this.#model);
    const exact = (await this.#known).reduce((rest, secret) => rest.replaceAll(secret, GONE), text);
    return SHAPES.reduce((rest, shape) => rest.replace(shape, `$1${GONE}`), exact);
  }
}

async function knownSecrets(model: LanguageModel): Promise<readonly string[]> {
  const found = [...(await headerSecrets(model)), ...environmentSecrets()];
  // The longest first: one may be a part of another.
  return [...new Set(found)].filter((one) => one.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** Providers of the SDK keep `config.headers` on their models; it is no contract, so nothing here relies on it. */
async function headerSecrets(model: LanguageModel): Promise<readonly string[]> {
  try {
    const { config } = model as { readonly config?: { readonly headers?: unknown } };
    const headers: unknown = await (typeof config?.headers === 'function'
      ? config.headers()
      : config?.headers);
    const values = Object.entries((headers ?? {}) as Record<string, unknown>)
      .filter(([name]) => SECRET_HEADER.test(name))
      .map(([, value]) => String(value));
    return values.flatMap((value) => [value, value.replace(/^\w+\s+/, '')]);
  } catch {
    return []; // such as a provider whose key is missing
  }
}

function environmentSecrets(): readonly string[] {
  return Object.entries(process.env)
    .filter(([name, value]) => SECRET_VARIABLE.test(name) && (value ?? '').length >= 8)
    .map(([, value]) => value ?? '');
}
