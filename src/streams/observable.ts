/**
 * RxJS's Observable and what belongs to it, without the rest of RxJS. They are the same classes that `rxjs`
 * exports (a test checks it); the package's main file would load some two hundred operators with them, which
 * takes most of the time of `import 'signalbox'`.
 */
export { Observable } from 'rxjs/internal/Observable';
export { Subscriber } from 'rxjs/internal/Subscriber';
export { Subscription } from 'rxjs/internal/Subscription';
export type { Observer } from 'rxjs/internal/types';
