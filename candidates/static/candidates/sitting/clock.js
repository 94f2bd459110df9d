// Time: the server says how many milliseconds are left; the page only counts them down.

const LONGEST_TIMER = 2 ** 31 - 1; // ms; longer ones fire at once
const ANNOUNCED = [1, 5, 10, 30]; // minutes before the end at which the time left is said aloud

// The server's clock, in ms, as the page said it: nobody can set it, and the machine's own may be wrong.
export const serverClock = (element) => {
  const atLoad = Number(element.dataset.now) * 1000 - performance.now();
  return () => atLoad + performance.now();
};

export const clockWords = (seconds, words) => {
  if (seconds > 0 && seconds < 60) return words.lastMinute;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [];
  if (hours) parts.push(words.hours.replace("{hours}", hours));
  if (minutes || !hours) parts.push(words.minutes.replace("{minutes}", minutes));
  return parts.join(" ");
};

export class Clock {
  #endsAt = null;
  #announced = null; // the step that was reached last, in minutes
  #timers = [];

  // show(words), announce(words), lastCall(), over(): what the page does.
  constructor({ words, show, announce, lastCall, over, now = () => performance.now() }) {
    Object.assign(this, { words, show, announce, lastCall, over, now });
    // Seconds before the end at which the page saves without waiting for a pause in typing. Each page has its own:
    // 1500 pages that save in one and the same second would keep each other from being in time.
    this.lastCalls = [2 + 6 * Math.random(), 0.5 + Math.random()];
  }

  set(leftMs) {
    this.#endsAt = this.now() + leftMs;
    this.#timers.forEach(clearTimeout);
    this.#timers = this.lastCalls
      .map((seconds) => leftMs - seconds * 1000)
      .filter((wait) => wait > 0 && wait < LONGEST_TIMER)
      .map((wait) => setTimeout(this.lastCall, wait));
  }

  get secondsLeft() {
    return this.#endsAt === null ? Number.POSITIVE_INFINITY : (this.#endsAt - this.now()) / 1000;
  }

  tick() {
    if (this.#endsAt === null) return;
    const left = Math.max(0, this.secondsLeft);
    const said = this.words.left.replace("{time}", clockWords(left, this.words));
    this.show(said);
    const step = ANNOUNCED.find((minutes) => left <= minutes * 60) ?? Number.POSITIVE_INFINITY;
    // A page that was opened within a step has said so by itself. Time that is given begins no new step.
    if (this.#announced !== null && step < this.#announced) this.announce(said);
    this.#announced = Math.min(step, this.#announced ?? Number.POSITIVE_INFINITY);
    if (left <= 0) this.over();
  }
}
