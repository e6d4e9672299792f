/** Lines drawn over and over. The hunted bugs: old lines left behind, a hidden cursor, a screen written to all the time. */
import { describe, expect, it } from 'vitest';
import { DRAW_EVERY_MS, Picture, type Size } from '../../../../src/cli/progress/picture.ts';
import { VirtualClock } from '../../../../src/testing/index.ts';
import { FakeScreen } from './screen.ts';

interface Drawn {
  readonly screen: FakeScreen;
  readonly clock: VirtualClock;
  readonly picture: Picture;
  lines: readonly string[];
  sizes: Size[];
}

function draw(first: readonly string[], screen = new FakeScreen(40, 10)): Drawn {
  const clock = new VirtualClock();
  const drawn = { screen, clock, lines: first, sizes: [] as Size[] } as Omit<Drawn, 'picture'>;
  const picture = new Picture(
    screen,
    (size) => {
      drawn.sizes.push(size);
      return drawn.lines;
    },
    clock,
  );
  return Object.assign(drawn, { picture });
}

describe('a picture', () => {
  it('is drawn over, also when it becomes shorter, and stays at the end', async () => {
    const drawn = draw(['one', 'two', 'three']);
    expect(drawn.screen.text).toBe('one\ntwo\nthree');
    drawn.lines = ['ONE'];
    await drawn.clock.advance(DRAW_EVERY_MS);
    expect(drawn.screen.text).toBe('ONE');
    drawn.lines = ['done', 'and over'];
    drawn.picture.end();
    expect(drawn.screen.text).toBe('done\nand over');
    expect(drawn.clock.pending).toBe(0);
  });

  it('is written only when it is another one, and at most about twelve times a second', async () => {
    const drawn = draw(['same']);
    const before = drawn.screen.writes;
    await drawn.clock.advance(1_000);
    expect(drawn.screen.writes).toBe(before);
    for (let ms = 0; ms < 1_000; ms += 5) {
      drawn.lines = [`at ${ms}`];
      await drawn.clock.advance(5);
    }
    expect(drawn.screen.writes - before).toBeLessThanOrEqual(13);
    expect(drawn.screen.writes - before).toBeGreaterThan(8);
    drawn.picture.end();
  });

  it('hides the cursor and gives it back, also when the process ends in between', () => {
    const drawn = draw(['x']);
    expect(drawn.screen.cursorHidden).toBe(true);
    process.listeners('exit').at(-1)?.(0);
    expect(drawn.screen.cursorHidden).toBe(false);
    drawn.picture.end();
    expect(process.listeners('exit')).not.toContain(undefined);
  });

  it('leaves no listener behind', () => {
    const before = process.listenerCount('exit');
    draw(['x']).picture.end();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('goes below what is said meanwhile', () => {
    const drawn = draw(['one', 'two']);
    drawn.picture.say('note');
    expect(drawn.screen.text).toBe('note\none\ntwo');
    drawn.picture.end();
    expect(drawn.screen.text).toBe('note\none\ntwo');
  });

  it('finds its first line again after the terminal became narrower (P2)', async () => {
    const drawn = draw(['a line of thirty cells, as it is', 'short']);
    drawn.picture.say('note');
    drawn.screen.resize(20);
    drawn.lines = ['narrow', 'picture'];
    await drawn.clock.advance(DRAW_EVERY_MS);
    expect(drawn.screen.text).toBe('note\nnarrow\npicture');
    drawn.picture.end();
  });

  it('asks for lines that leave a cell and a line free', () => {
    const drawn = draw(['x']);
    expect(drawn.sizes[0]).toEqual({ width: 39, height: 9 });
    drawn.picture.end();
  });

  it('has a size where the terminal tells none', () => {
    const screen = new FakeScreen(0, 0);
    const drawn = draw([], screen);
    expect(drawn.sizes[0]).toEqual({ width: 79, height: 23 });
    drawn.picture.end();
  });
});
