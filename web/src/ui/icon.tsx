// icon.tsx - the icons of the page, drawn on one 20-unit grid with one stroke.
// SPDX-License-Identifier: Apache-2.0

const PATHS = {
  home: 'M3 9.5 10 3l7 6.5M5 8v9h10V8',
  map: 'M3 3h5v5H3zM12 3h5v5h-5zM3 12h5v5H3zM12 12h5v5h-5z',
  systems: 'M4 5h12v8H4zM8 17h4M10 13v4',
  measure: 'M3 14a7 7 0 0 1 14 0M10 14l4-5M3 17h14',
  risk: 'M10 3 18 17H2zM10 8v4M10 14.5v.1',
  soa: 'M5 2.5h10v15H5zM8 7h4M8 10h4M8 13h2',
  document: 'M5 2.5h7l3 3v12H5zM12 2.5v3h3',
  finding: 'M5 17V3h9l-2 3.5L14 10H5',
  log: 'M10 3v4M10 7 5 11M10 7l5 4M3.5 11h3v3h-3zM13.5 11h3v3h-3zM8.5 1.5h3v3h-3z',
  frameworks: 'M3 5h14M3 10h14M3 15h14M7 5v10M13 5v10',
  admin: 'M10 7.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M10 2v2.5M10 15.5V18M2 10h2.5M15.5 10H18M4.3 4.3l1.8 1.8M13.9 13.9l1.8 1.8M15.7 4.3l-1.8 1.8M6.1 13.9l-1.8 1.8',
  records: 'M3 4h14v4H3zM3 12h14v4H3z',
  people: 'M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M4 17c.6-3 2.8-4.5 6-4.5s5.4 1.5 6 4.5',
  search: 'M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M13 13l4 4',
  add: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5 5 15',
  down: 'M5 8l5 5 5-5',
  next: 'M8 5l5 5-5 5',
  back: 'M12 5l-5 5 5 5',
  more: 'M4 10h.1M10 10h.1M16 10h.1',
  edit: 'M4 16l.8-3.500L13 4.300l2.7 2.7-8.2 8.200zM11.5 5.800l2.7 2.7',
  history: 'M4 10a6 6 0 1 1 1.8 4.300M4 6.500V10h3.500M10 7v3.500l2.5 1.5',
  sun: 'M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1 1M14.7 14.700l1 1M15.7 4.300l-1 1M5.3 14.700l-1 1',
  moon: 'M16 12.500A6.5 6.5 0 0 1 7.5 4a6.5 6.5 0 1 0 8.5 8.5',
  out: 'M8 4H4v12h4M12 6.5 15.5 10 12 13.500M7.5 10h8',
  menu: 'M3 5h14M3 10h14M3 15h14',
  check: 'M4 10.5 8 14.5 16 5.5',
  download: 'M10 3v9M6 8.500l4 4 4-4M4 16.500h12',
  save: 'M4 4h10l2 2v10H4zM7 4v4h5V4M7 16v-4h6v4',
  run: 'M6 4l10 6-10 6z',
  stop: 'M5 5h10v10H5z',
  link: 'M8 12l4-4M9 6.500l1.5-1.500a3 3 0 0 1 4.5 4.500L13.5 11M11 13.5 9.5 15A3 3 0 0 1 5 10.500L6.5 9',
  filter: 'M3 4h14l-5.5 6.500V16l-3-1.500v-4z',
  shield: 'M10 2.500l6 2v5c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8v-5z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width={`${size / 16}rem`} height={`${size / 16}rem`} aria-hidden="true">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
        stroke-linejoin="round" />
    </svg>
  );
}
