// Formats figures for people, as pages/formats.py does on the server.

const UNITS = [
  [1, "ns"],
  [1e3, "µs"],
  [1e6, "ms"],
];

export function duration(nano) {
  for (const [unit, name] of UNITS) {
    if (nano < 999.5 * unit) return `${threeFigures(nano / unit)} ${name}`;
  }
  const seconds = nano / 1e9;
  if (seconds < 120) return `${threeFigures(seconds)} s`;
  const whole = Math.round(seconds);
  return `${count(Math.floor(whole / 60))} min ${String(whole % 60).padStart(2, "0")} s`;
}

export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

function threeFigures(number) {
  if (number >= 99.95) return number.toFixed(0);
  return number.toFixed(number >= 9.995 ? 1 : 2);
}
