/**
 * Names of container images, as the reference grammar of the Distribution project has them:
 * `[host[:port]/]path[:tag][@digest]`. What is checked here can stand in the path of a request as it is.
 */
import { invalidArgument } from './errors.ts';

const HOST = String.raw`(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:))(?::\d+)?`;
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const TAG = String.raw`\w[\w.-]{0,127}`;
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,256}';

const REFERENCE = new RegExp(`^((?:${HOST}/)?${PART}(?:/${PART})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const TAG_ALONE = new RegExp(`^${TAG}$`);
const LONGEST = 512;

export interface ImageReference {
  /** Without tag and digest. */
  readonly name: string;
  /** `latest` where nothing is said; undefined for one that is known by its digest. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** All of it. */
  readonly text: string;
}

/**
 * The image that a name and a tag make. An image that says its own version takes no other: `latest` is what many
 * callers have as default, and does not count.
 * @throws INVALID_ARGUMENT
 */
export function readImage(image: unknown, tag?: unknown): ImageReference {
  const [, name, own, digest] =
    typeof image === 'string' && image.length <= LONGEST ? (REFERENCE.exec(image) ?? []) : [];
  if (name === undefined)
    throw invalidArgument(
      'the image of a container',
      image,
      'a name such as alpine, python:3.12 or ghcr.io/owner/name:1',
    );
  if (tag !== undefined && (typeof tag !== 'string' || !TAG_ALONE.test(tag)))
    throw invalidArgument('the tag of an image', tag, 'letters, digits, "_", "." and "-", at most 128');
  const hasVersion = own !== undefined || digest !== undefined;
  if (hasVersion && tag !== undefined && tag !== own && tag !== 'latest')
    throw invalidArgument('the tag of an image', tag, `none: ${image} says its version itself`);
  return reference(name, digest === undefined ? (own ?? tag ?? 'latest') : own, digest);
}

function reference(name: string, tag: string | undefined, digest: string | undefined): ImageReference {
  const text = `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return { name, tag, digest, text };
}
