// Maps times to the part of the time axis that is in view.

// Stretches closer to each other than this share of the view are drawn as one.
const MIN_GAP = 0.002;
const MIN_ZOOM = 1e-6;

export class Timeline {
  constructor(duration) {
    this.duration = duration;
    this.from = 0;
    this.to = 1;
  }

  get isZoomed() {
    return this.from > 0 || this.to < 1;
  }

  show(from, to) {
    const low = Math.max(0, Math.min(from, to));
    const high = Math.min(1, Math.max(from, to));
    if (high - low >= MIN_ZOOM) [this.from, this.to] = [low, high];
  }

  zoom(factor) {
    const middle = (this.from + this.to) / 2;
    const half = Math.min((this.to - this.from) * factor, 1) / 2;
    const center = Math.min(Math.max(middle, half), 1 - half);
    this.show(center - half, center + half);
  }

  // Moves the view by a share of its width, within the trace.
  pan(share) {
    const width = this.to - this.from;
    const from = Math.min(Math.max(this.from + share * width, 0), 1 - width);
    this.show(from, from + width);
  }

  // Converts a share of the view to a share of the trace.
  whole(share) {
    return this.from + share * (this.to - this.from);
  }

  // Places a time in nanoseconds on the view: 0 is its left edge, 1 its right.
  place(nano) {
    return (nano / this.duration - this.from) / (this.to - this.from);
  }

  // Converts stretches of [start, length] in nanoseconds to [left, width] within the view.
  segments(stretches) {
    const merged = [];
    for (const [start, length] of stretches) {
      const left = this.place(start);
      const right = this.place(start + length);
      if (right < 0 || left > 1) continue;
      const last = merged.at(-1);
      if (last && left - last[1] < MIN_GAP) last[1] = Math.max(last[1], right);
      else merged.push([left, right]);
    }
    return merged.map(([left, right]) => {
      const low = Math.max(left, 0);
      return [low, Math.min(right, 1) - low];
    });
  }

  ticks(parts) {
    const length = this.duration * (this.to - this.from);
    return Array.from({ length: parts }, (_, n) => this.from * this.duration + (length * n) / parts);
  }
}
