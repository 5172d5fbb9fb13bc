// A few things at once, the others after them.

/** `places` run side by side; the rest wait their turn, first come, first served. */
export class Lane {
  constructor(places) {
    this.places = places;
    this.waiting = [];
  }

  async run(work) {
    if (this.places > 0) this.places--;
    else await new Promise((resolve) => this.waiting.push(resolve));
    try {
      await work();
    } finally {
      if (this.waiting.length) this.waiting.shift()(); // hands its place on
      else this.places++;
    }
  }
}
